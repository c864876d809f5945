import { argument, windowsLines } from './batch.ts';
import { type Firmware, letters, type TargetDisk } from './disk-script.ts';
import { driverFolder, ownFiles } from './start-script.ts';

/** By which way a PC gets the files of the new Windows. */
export type InstallWay =
  | {
      kind: 'smb';
      /** `\\ADDRESS\SHARE`: the installation medium's files. */
      share: string;
      user: string;
      password: string;
    }
  | {
      kind: 'http';
      /** Address of install.wim or install.esd. */
      imageUrl: string;
      /** Which system in it, from 1 on. */
      imageIndex: number;
      disk: TargetDisk;
    };

export interface WindowsInstall {
  way: InstallWay;
  firmware: Firmware;
  urls: { progress: string; finished: string };
}

const file = (name: string): string => `"%SystemRoot%\\System32\\${name}"`;
/** Not `||`, which means other things in other versions of cmd.exe. */
const otherwise = (label: string): string => `if not "%errorlevel%"=="0" goto ${label}`;

/** Windows PE knows how it was started (“WinPE: identify boot mode”). */
const firmwareCheck = (firmware: Firmware): string[] => [
  'wpeutil UpdateBootInfo >nul',
  'set "FIRMWARE="',
  'for /f "tokens=3" %%v in (\'reg query HKLM\\System\\CurrentControlSet\\Control /v PEFirmwareType\') do set "FIRMWARE=%%v"',
  `if not "%FIRMWARE%"=="${firmware === 'uefi' ? '0x2' : '0x1'}" goto other-firmware`,
];

/** Again and again until `errorlevel` is 0, with a pause; a label to go to when that was in vain. */
const patiently = (name: string, command: string, inVain: string): string[] => [
  'set tries=0',
  `:${name}`,
  'set /a tries=tries+1',
  command,
  `if "%errorlevel%"=="0" goto ${name}-done`,
  `if "%tries%"=="20" goto ${inVain}`,
  'ping -n 6 127.0.0.1 >nul',
  `goto ${name}`,
  `:${name}-done`,
];

/** A failure to tell is none of the install's. */
const told = (url: string, step: string): string =>
  `curl.exe --globoff --silent --max-time 30 --output nul --header "Content-Type: text/plain" --data-binary "${step}" ${argument('the address', url)} 2>nul`;

/** Setup itself, from the medium. Its first part restarts the PC unless told not to: Windows 11 24H2's newer Setup is not known to heed that. */
const setupLines = ({ share, user, password }: InstallWay & { kind: 'smb' }): string[] => [
  ...patiently(
    'connect',
    `net use Z: ${argument('the share', share)} ${argument('the password', password)} ${argument('the account', `/user:${user}`)} /persistent:no`,
    'no-share',
  ),
  // One of the places where Setup looks by itself (“Implicit answer file search order”).
  `copy /y ${file(ownFiles.answer)} "%SystemDrive%\\${ownFiles.answer}" >nul`,
  `start /wait Z:\\setup.exe /noreboot "/unattend:%SystemRoot%\\System32\\${ownFiles.answer}"`,
  otherwise('no-setup'),
];

/** What Setup's first part does, by hand: it cannot read over HTTP. The answer file's later passes run at the next start, from where Setup leaves it. */
const applyLines = (
  { imageUrl, imageIndex, disk }: InstallWay & { kind: 'http' },
  firmware: Firmware,
): string[] => {
  const root = `${letters.windows}:\\`;
  const image = `${root}greif-install.wim`;
  return [
    ...(disk === 'only'
      ? [
          '>"%SystemDrive%\\other-disk.txt" echo select disk 1',
          'diskpart /s "%SystemDrive%\\other-disk.txt" >nul',
          'if "%errorlevel%"=="0" goto other-disk',
        ]
      : []),
    `diskpart /s ${file(ownFiles.disk)}`,
    otherwise('no-disk'),
    ...patiently(
      'fetch',
      `curl.exe --fail --globoff --silent --show-error --continue-at - --output ${image} ${argument('the address', imageUrl)}`,
      'no-image',
    ),
    `dism /Apply-Image /ImageFile:${image} /Index:${imageIndex} /ApplyDir:${root}`,
    otherwise('not-applied'),
    `del ${image}`,
    `md ${root}Windows\\Panther`,
    `copy /y ${file(ownFiles.answer)} ${root}Windows\\Panther\\unattend.xml >nul`,
    otherwise('not-applied'),
    `if exist "%SystemDrive%\\${driverFolder}" dism /Image:${root} /Add-Driver "/Driver:%SystemDrive%\\${driverFolder}" /Recurse`,
    `${root}Windows\\System32\\bcdboot.exe ${root}Windows /s ${letters.system}: /f ${firmware.toUpperCase()}`,
    otherwise('not-startable'),
  ];
};

const failures: Record<InstallWay['kind'], Record<string, string>> = {
  smb: {
    'no-share': 'the share with the installation files cannot be reached',
    'no-setup': 'Windows Setup has failed: its logs are in X:\\Windows\\Panther',
  },
  http: {
    'other-disk': 'the PC has another disk than the appliance knows of: nothing was written',
    'no-disk': 'the disk could not be partitioned',
    'no-image': 'the image could not be fetched whole',
    'not-applied': 'the image could not be applied',
    'not-startable': 'the boot files could not be written',
  },
};

/** The script that installs Windows on this PC, for Windows PE's cmd.exe. Pure. Throws ANSWER_VALUE_UNFIT. */
export const installScript = ({ way, firmware, urls }: WindowsInstall): string => {
  const reasons: Record<string, string> = {
    'other-firmware': `the PC was not started by ${firmware.toUpperCase()}, for which its answer is`,
    ...failures[way.kind],
  };
  return windowsLines([
    '@echo off',
    'setlocal EnableExtensions DisableDelayedExpansion',
    'echo Greif: installing Windows',
    told(urls.progress, 'Windows PE has started'),
    ...firmwareCheck(firmware),
    ...(way.kind === 'smb' ? setupLines(way) : applyLines(way, firmware)),
    told(urls.finished, 'Windows is on the disk'),
    'wpeutil reboot',
    'exit',
    ...Object.entries(reasons).flatMap(([label, reason]) => [
      `:${label}`,
      `set "REASON=${reason}"`,
      'goto failed',
    ]),
    ':failed',
    'echo Greif: %REASON%',
    told(urls.progress, 'failed: %REASON%'),
    'exit /b 1',
  ]);
};

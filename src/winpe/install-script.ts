import type { InstallValues } from '../answers/install-values.ts';
import { argument, windowsLines } from './batch.ts';
import { type PreparedDisk, prepareDisk } from './disk-script.ts';
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
    };

type Firmware = InstallValues['firmware'];

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
const told = ({ urls }: InstallValues, step: string): string =>
  `curl.exe --globoff --silent --max-time 30 --output nul --get --data-urlencode "step=${step}" ${argument('the address', urls.progress)} 2>nul`;

/** Setup itself, from the medium. It restarts the PC; until then Windows PE must not end. */
const setupLines = ({ share, user, password }: InstallWay & { kind: 'smb' }): string[] => [
  ...patiently(
    'connect',
    `net use Z: ${argument('the share', share)} ${argument('the password', password)} ${argument('the account', `/user:${user}`)} /persistent:no`,
    'no-share',
  ),
  // One of the places where Setup looks by itself (“Implicit answer file search order”).
  `copy /y ${file(ownFiles.answer)} "%SystemDrive%\\${ownFiles.answer}" >nul`,
  `start /wait Z:\\setup.exe "/unattend:%SystemRoot%\\System32\\${ownFiles.answer}"`,
  otherwise('no-setup'),
  'ping -n 7200 127.0.0.1 >nul',
];

/** What Setup's first part does, by hand: it cannot read over HTTP. The answer file's later passes run at the next start, from where Setup leaves it. */
const applyLines = (
  { imageUrl, imageIndex }: InstallWay & { kind: 'http' },
  { otherDisk, windows, system }: PreparedDisk,
  firmware: Firmware,
): string[] => {
  const root = `${windows}:\\`;
  const image = `${root}greif-install.wim`;
  return [
    ...(otherDisk === undefined
      ? []
      : [
          `>"%SystemDrive%\\other-disk.txt" echo ${otherDisk}`,
          'diskpart /s "%SystemDrive%\\other-disk.txt" >nul',
          'if "%errorlevel%"=="0" goto other-disk',
        ]),
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
    `${root}Windows\\System32\\bcdboot.exe ${root}Windows /s ${system}: /f ${firmware.toUpperCase()}`,
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

/**
 * What a PC gets beside the boot.wim and its answer file: the script that installs Windows, for Windows PE's cmd.exe, and what that needs. The new Windows
 * itself says when it is done. Pure. Throws ANSWER_VALUE_UNFIT.
 */
export const peFiles = (values: InstallValues, way: InstallWay): { name: string; text: string }[] => {
  const { firmware } = values;
  const reasons: Record<string, string> = {
    'other-firmware': `the PC was not started by ${firmware.toUpperCase()}, for which its answer is`,
    ...failures[way.kind],
  };
  const script = windowsLines([
    '@echo off',
    'setlocal EnableExtensions DisableDelayedExpansion',
    'echo Greif: installing Windows',
    told(values, 'Windows PE has started'),
    ...firmwareCheck(firmware),
    ...(way.kind === 'smb' ? setupLines(way) : applyLines(way, prepareDisk(values), firmware)),
    told(values, 'the files of Windows are on the disk'),
    'wpeutil reboot',
    'exit',
    ...Object.entries(reasons).flatMap(([label, reason]) => [
      `:${label}`,
      `set "REASON=${reason}"`,
      'goto failed',
    ]),
    ':failed',
    'echo Greif: %REASON%',
    told(values, 'failed: %REASON%'),
    'exit /b 1',
  ]);
  return [
    { name: ownFiles.script, text: script },
    ...(way.kind === 'http' ? [{ name: ownFiles.disk, text: prepareDisk(values).script }] : []),
  ];
};

import { windowsLines } from './batch.ts';

/** Windows' Setup looks into this folder of any drive for drivers that it takes into the new Windows, too. */
export const driverFolder = '$WinPEDriver$';

/** What a PC gets beside the boot.wim of all: wimboot puts files into `X:\Windows\System32`. */
export const ownFiles = { script: 'greif-install.cmd', answer: 'autounattend.xml', disk: 'greif-disk.txt' };

const startScript = 'greif.cmd';

/** Windows PE does what stands here instead of Setup, which it starts by itself otherwise (“Winpeshl.ini reference”). When it ends, the PC restarts. */
const shellFile = windowsLines([
  '[LaunchApps]',
  `%SYSTEMROOT%\\System32\\cmd.exe, /c %SYSTEMROOT%\\System32\\${startScript}`,
]);

/** Drivers first, as an adapter without one has no network; then this PC's own script. The names of files that `for` finds are not read again by cmd.exe. */
const startLines = windowsLines([
  '@echo off',
  'title Greif',
  'echo Greif: starting Windows PE',
  'wpeinit',
  `if not exist "%SystemDrive%\\${driverFolder}" goto network`,
  `for /r "%SystemDrive%\\${driverFolder}" %%f in (*.inf) do drvload "%%f"`,
  'wpeutil InitializeNetwork',
  ':network',
  'wpeutil WaitForNetwork',
  `if exist "%SystemRoot%\\System32\\${ownFiles.script}" goto install`,
  'echo Greif: this boot brought no script for this PC. It restarts in 5 minutes.',
  'goto wait',
  ':install',
  `call "%SystemRoot%\\System32\\${ownFiles.script}"`,
  'echo Greif: the install has failed. The PC restarts in 5 minutes; its order tells more.',
  ':wait',
  'ping -n 300 127.0.0.1 >nul',
  'wpeutil reboot',
]);

/** Put into every boot.wim, by path. Nothing in them is of one PC. */
export const startFiles: Readonly<Record<string, string>> = {
  'Windows/System32/winpeshl.ini': shellFile,
  [`Windows/System32/${startScript}`]: startLines,
};

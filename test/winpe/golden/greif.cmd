@echo off
title Greif
echo Greif: starting Windows PE
wpeinit
if not exist "%SystemDrive%\$WinPEDriver$" goto network
for /r "%SystemDrive%\$WinPEDriver$" %%f in (*.inf) do drvload "%%f"
wpeutil InitializeNetwork
:network
wpeutil WaitForNetwork
if exist "%SystemRoot%\System32\greif-install.cmd" goto install
echo Greif: this boot brought no script for this PC. It restarts in 5 minutes.
goto wait
:install
call "%SystemRoot%\System32\greif-install.cmd"
echo Greif: the install has failed. The PC restarts in 5 minutes; its order tells more.
:wait
ping -n 300 127.0.0.1 >nul
wpeutil reboot

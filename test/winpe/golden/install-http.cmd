@echo off
setlocal EnableExtensions DisableDelayedExpansion
echo Greif: installing Windows
curl.exe --globoff --silent --max-time 30 --output nul --get --data-urlencode "step=Windows PE has started" "http://10.0.0.1:8080/install/pro%%20-_gress/progress" 2>nul
wpeutil UpdateBootInfo >nul
set "FIRMWARE="
for /f "tokens=3" %%v in ('reg query HKLM\System\CurrentControlSet\Control /v PEFirmwareType') do set "FIRMWARE=%%v"
if not "%FIRMWARE%"=="0x1" goto other-firmware
>"%SystemDrive%\other-disk.txt" echo select disk 1
diskpart /s "%SystemDrive%\other-disk.txt" >nul
if "%errorlevel%"=="0" goto other-disk
diskpart /s "%SystemRoot%\System32\greif-disk.txt"
if not "%errorlevel%"=="0" goto no-disk
set tries=0
:fetch
set /a tries=tries+1
curl.exe --fail --globoff --silent --show-error --continue-at - --output W:\greif-install.wim "http://10.0.0.1:8080/sources/win-11/sources/install.wim"
if "%errorlevel%"=="0" goto fetch-done
if "%tries%"=="20" goto no-image
ping -n 6 127.0.0.1 >nul
goto fetch
:fetch-done
dism /Apply-Image /ImageFile:W:\greif-install.wim /Index:6 /ApplyDir:W:\
if not "%errorlevel%"=="0" goto not-applied
del W:\greif-install.wim
md W:\Windows\Panther
copy /y "%SystemRoot%\System32\autounattend.xml" W:\Windows\Panther\unattend.xml >nul
if not "%errorlevel%"=="0" goto not-applied
if exist "%SystemDrive%\$WinPEDriver$" dism /Image:W:\ /Add-Driver "/Driver:%SystemDrive%\$WinPEDriver$" /Recurse
W:\Windows\System32\bcdboot.exe W:\Windows /s S: /f BIOS
if not "%errorlevel%"=="0" goto not-startable
curl.exe --globoff --silent --max-time 30 --output nul --get --data-urlencode "step=the files of Windows are on the disk" "http://10.0.0.1:8080/install/pro%%20-_gress/progress" 2>nul
wpeutil reboot
exit
:other-firmware
set "REASON=the PC was not started by BIOS, for which its answer is"
goto failed
:other-disk
set "REASON=the PC has another disk than the appliance knows of: nothing was written"
goto failed
:no-disk
set "REASON=the disk could not be partitioned"
goto failed
:no-image
set "REASON=the image could not be fetched whole"
goto failed
:not-applied
set "REASON=the image could not be applied"
goto failed
:not-startable
set "REASON=the boot files could not be written"
goto failed
:failed
echo Greif: %REASON%
curl.exe --globoff --silent --max-time 30 --output nul --get --data-urlencode "step=failed: %REASON%" "http://10.0.0.1:8080/install/pro%%20-_gress/progress" 2>nul
exit /b 1

@echo off
setlocal EnableExtensions DisableDelayedExpansion
echo Greif: installing Windows
curl.exe --globoff --silent --max-time 30 --output nul --get --data-urlencode "step=Windows PE has started" "http://10.0.0.1:8080/install/pro%%20-_gress/progress" 2>nul
wpeutil UpdateBootInfo >nul
set "FIRMWARE="
for /f "tokens=3" %%v in ('reg query HKLM\System\CurrentControlSet\Control /v PEFirmwareType') do set "FIRMWARE=%%v"
if not "%FIRMWARE%"=="0x2" goto other-firmware
set tries=0
:connect
set /a tries=tries+1
net use Z: "\\10.0.0.1\win-11" "a1b2" "/user:greif" /persistent:no
if "%errorlevel%"=="0" goto connect-done
if "%tries%"=="20" goto no-share
ping -n 6 127.0.0.1 >nul
goto connect
:connect-done
copy /y "%SystemRoot%\System32\autounattend.xml" "%SystemDrive%\autounattend.xml" >nul
start /wait Z:\setup.exe "/unattend:%SystemRoot%\System32\autounattend.xml"
if not "%errorlevel%"=="0" goto no-setup
ping -n 7200 127.0.0.1 >nul
curl.exe --globoff --silent --max-time 30 --output nul --get --data-urlencode "step=the files of Windows are on the disk" "http://10.0.0.1:8080/install/pro%%20-_gress/progress" 2>nul
wpeutil reboot
exit
:other-firmware
set "REASON=the PC was not started by UEFI, for which its answer is"
goto failed
:no-share
set "REASON=the share with the installation files cannot be reached"
goto failed
:no-setup
set "REASON=Windows Setup has failed: its logs are in X:\Windows\Panther"
goto failed
:failed
echo Greif: %REASON%
curl.exe --globoff --silent --max-time 30 --output nul --get --data-urlencode "step=failed: %REASON%" "http://10.0.0.1:8080/install/pro%%20-_gress/progress" 2>nul
exit /b 1

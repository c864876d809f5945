@echo off
rem Windows runs this as SYSTEM when Setup is done. Text is UTF-8.
chcp 65001 >nul
call :own >"%SystemRoot%\Temp\greif-install.log" 2>&1
if errorlevel 1 exit /b 1
curl.exe -fsS --retry 20 --retry-delay 3 --retry-connrefused -o nul "http://10.0.0.1:8080/install/k1/finished"
if errorlevel 1 exit /b 1
rem Restarting inside Setup would harm it: five minutes from now it has ended.
shutdown.exe /r /t 300
(goto) 2>nul & del "%~f0"
:own
reg add HKLM\Software\Greif /v Room /d "R101" /f

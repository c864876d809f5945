import type { OsSystem } from '../fleet/profile.ts';

/** In the installed system, where its own report is made from. */
const folder = '/usr/local/lib/greif';

/** A word of POSIX sh. */
const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

/**
 * POSIX sh. It asks for nothing that a small system lacks: curl or wget, else bash's own TCP, else netcat. 410 means that the report was taken already,
 * or that the order is over: then too the system is left alone for good.
 */
export const reportProgram = (url: string): string => `#!/bin/sh
# Greif: this system tells once that it runs; then this file removes itself.
url=${quoted(url)}
body=$(mktemp)
trap 'rm -f "$body"' EXIT

has() { command -v "$1" >/dev/null 2>&1; }
packages() {
  if has dpkg-query; then dpkg-query -W -f '\${Package} \${Version}\\n'
  elif has rpm; then rpm -qa
  elif has pacman; then pacman -Q
  elif has pkg; then pkg query '%n %v'
  fi 2>/dev/null | LC_ALL=C sort
}
digest() { if has sha256sum; then sha256sum | cut -d' ' -f1; else sha256 -q; fi; }
serial() {
  if has lsblk; then
    root=$(findmnt -no SOURCE / | sed 's/\\[.*//')
    lsblk -nsPo TYPE,SERIAL "$root" | sed -n 's/^TYPE="disk" SERIAL="\\(.*\\)"$/\\1/p' | head -n 1
  elif has geom; then
    root=$(kenv -q vfs.root.mountfrom | sed 's/.*dev\\///; s/[ps][0-9].*//')
    geom disk list "$root" | sed -n 's/^ *ident: //p' | head -n 1
  fi 2>/dev/null
}
{
  sed -n 's/^[A-Z_]*=/os.&/p' /etc/os-release
  echo "kernel=$(uname -r)"
  echo "packages=$(packages | digest)"
  echo "disk-serial=$(serial)"
} >"$body"

status() {
  rest=\${url#*://}
  host=\${rest%%/*}
  if has curl; then
    curl -s -m 30 -o /dev/null -w '%{http_code}' --data-binary "@$body" "$url"
  elif has wget; then
    wget -S -T 30 -O /dev/null --post-file="$body" "$url" 2>&1 | sed -n 's/^ *HTTP\\/[0-9.]* \\([0-9]*\\).*/\\1/p' | tail -n 1
  else
    {
      printf 'POST /%s HTTP/1.0\\r\\nHost: %s\\r\\n' "\${rest#*/}" "$host"
      printf 'Content-Type: text/plain\\r\\nContent-Length: %s\\r\\n\\r\\n' "$(wc -c <"$body" | tr -d ' ')"
      cat "$body"
    } >"$body.http"
    if has bash; then
      bash -c 'exec 3<>"/dev/tcp/$1/$2" && cat "$3" >&3 && head -n 1 <&3' - "\${host%:*}" "\${host##*:}" "$body.http"
    else
      nc -N -w 30 "\${host%:*}" "\${host##*:}" <"$body.http" | head -n 1
    fi | cut -d' ' -f2
    rm -f "$body.http"
  fi
}

tries=0
while [ $tries -lt 360 ]; do
  case $(status) in
    200 | 410 | 422) break ;;
  esac
  tries=$((tries + 1))
  sleep 10
done
`;

const unit = `[Unit]
Description=Tell Greif that this system runs
Wants=network-online.target
After=network-online.target

[Service]
Type=simple
ExecStart=/bin/sh ${folder}/report

[Install]
WantedBy=multi-user.target
`;

/** A file of the program's own making, by a here-document that expands nothing. */
const fileOf = (place: string, text: string): string => `cat >${place} <<'GREIF_END'\n${text}GREIF_END\n`;

const withSystemd = (url: string): string => {
  const program = `${reportProgram(url)}rm -rf ${folder} /etc/systemd/system/greif-report.service /etc/systemd/system/multi-user.target.wants/greif-report.service\n`;
  return [
    `mkdir -p ${folder} /etc/systemd/system/multi-user.target.wants`,
    'umask 077',
    fileOf(`${folder}/report`, program),
    'umask 022',
    fileOf('/etc/systemd/system/greif-report.service', unit),
    'ln -sf ../greif-report.service /etc/systemd/system/multi-user.target.wants/greif-report.service',
    '',
  ].join('\n');
};

/** rc.d(8): `/usr/local/etc/rc.d` is run when the network is up. */
const withRc = (url: string): string => {
  const place = '/usr/local/etc/rc.d/greif_report';
  const header = '#!/bin/sh\n# PROVIDE: greif_report\n# REQUIRE: NETWORKING\n';
  const program = `${reportProgram(url)}rm -rf ${folder} ${place}\n`;
  return [
    `mkdir -p ${folder} /usr/local/etc/rc.d`,
    'umask 077',
    fileOf(`${folder}/report`, program),
    fileOf(
      place,
      `${header}[ "$1" = start ] || [ "$1" = faststart ] || exit 0\n/bin/sh ${folder}/report >/dev/null 2>&1 &\n`,
    ),
    `chmod 700 ${place}`,
    '',
  ].join('\n');
};

/** PowerShell 5.1. The answer to a refused request is an exception there, which has the status. */
const windowsReport = (url: string): string => `$ErrorActionPreference = 'SilentlyContinue'
$version = (Get-ItemProperty 'HKLM:\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion').UBR
$system = Get-CimInstance Win32_OperatingSystem
$disk = Get-Partition -DriveLetter $env:SystemDrive[0] | Get-Disk
$lines = 'os.ID=windows', "os.VERSION_ID=$($system.Version)", "os.PRETTY_NAME=$("$($system.Caption)".Trim())",
  "build=$($system.Version).$version", "disk-serial=$("$($disk.SerialNumber)".Trim())"
$body = [Text.Encoding]::UTF8.GetBytes($lines -join "\`n")
for ($try = 0; $try -lt 360; $try++) {
  $status = 0
  try { $status = [int](Invoke-WebRequest '${url}' -UseBasicParsing -Method Post -Body $body -TimeoutSec 30).StatusCode }
  catch { $status = [int]$_.Exception.Response.StatusCode }
  if (200, 410, 422 -contains $status) { break }
  Start-Sleep 10
}
schtasks.exe /delete /f /tn 'Greif report'
Remove-Item $PSCommandPath
`;

/** A task of SYSTEM's for the next start. The program goes as base64, in which cmd.exe finds nothing to misread. */
const withTask = (url: string): string => {
  const file = '$env:SystemRoot\\greif-report.ps1';
  const command = `powershell.exe -NoProfile -NonInteractive -ExecutionPolicy Bypass -File ${file}`;
  const program = `Set-Content -Encoding ASCII -Path "${file}" -Value @'
${windowsReport(url)}'@
schtasks.exe /create /f /tn 'Greif report' /sc onstart /ru SYSTEM /tr "${command}"
exit $LASTEXITCODE
`;
  const encoded = Buffer.from(program, 'utf16le').toString('base64');
  return [
    'if errorlevel 1 exit /b 1',
    `powershell.exe -NoProfile -NonInteractive -EncodedCommand ${encoded}`,
    '',
  ].join('\r\n');
};

/**
 * What is put behind an install script, to be run in the new system as root (SYSTEM): it makes the system report at its first start. POSIX sh; for
 * Windows lines of cmd.exe.
 */
export const reportUnit = (system: OsSystem, url: string): string => {
  if (system === 'windows') return withTask(url);
  return `\n# The system tells once that it runs\n${system === 'freebsd' ? withRc(url) : withSystemd(url)}`;
};

#!/bin/sh
# In the installed system, as root. A value must not stand in a comment here: it may have several lines.
set -eu

account() { # name, full name, password hash, administrator's group or nothing
  pw usershow "$1" >/dev/null 2>&1 || pw useradd -n "$1" -m -s /bin/sh
  pw usermod -n "$1" -c "$2"
  printf '%s\n' "$3" | pw usermod -n "$1" -H 0
  [ -z "$4" ] || pw groupmod "$4" -m "$1"
}
key() { # name, line of authorized_keys
  home=$(getent passwd "$1" | cut -d: -f6)
  install -d -m 700 -o "$1" -g "$(id -gn "$1")" "$home/.ssh"
  grep -qsxF -e "$2" "$home/.ssh/authorized_keys" || printf '%s\n' "$2" >>"$home/.ssh/authorized_keys"
  chmod 600 "$home/.ssh/authorized_keys"
  chown "$1:" "$home/.ssh/authorized_keys"
}
member() { # name, group
  pw groupshow "$2" >/dev/null 2>&1 || pw groupadd "$2"
  pw groupmod "$2" -m "$1"
}

printf '%s\n' '!' | pw usermod -n root -H 0
account 'anna' 'Änna O'"'"'Größe' '$6$greif$qW8/0nTzS3lBmKfJr1nJj0Q5c3O1VqZ0Yh1m0eU9gq3E2u6k1c7v4b8n2m5x9z0a1s3d5f7g9h2j4k6l8' wheel
key 'anna' 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGreif anna@"lab" $(x)'
member 'anna' 'dialout'
member 'anna' 'plugdev'
account 'gast' '' '!' ""

(
:
echo 'R202 & "Süd"' >/etc/room
test -s /etc/room || exit 3
)

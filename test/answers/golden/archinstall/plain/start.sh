#!/bin/sh
# In the live system, as root
set -eux
# The whole disk, mounted below /mnt; the loader's own partition below /mnt/boot
disk=$(readlink -f '/dev/vda')
case $disk in *[0-9]) part=${disk}p ;; *) part=$disk ;; esac
wipefs --all --force "$disk"
echo 'label: dos' >/tmp/table
next=0
add() { # a line of sfdisk(8)
  echo "$1" >>/tmp/table
  next=$((next + 1))
}
add 'type=linux'
root=$part$next
sfdisk --wipe always --wipe-partitions always "$disk" </tmp/table
udevadm settle
mkfs.ext4 -q -F "$root"
mount "$root" /mnt

curl -fsS --retry 5 -o /root/user_configuration.json 'http://10.0.0.1:8080/install/k1/user_configuration.json'
curl -fsS --retry 5 -o /root/user_credentials.json 'http://10.0.0.1:8080/install/k1/user_credentials.json'
archinstall --silent --config /root/user_configuration.json --creds /root/user_credentials.json
curl -fsS --retry 5 -o /mnt/root/greif-install 'http://10.0.0.1:8080/install/k1/script'
arch-chroot /mnt sh /root/greif-install
rm /mnt/root/greif-install
curl -fsS --retry 5 -o /dev/null 'http://10.0.0.1:8080/install/k1/finished'
reboot

#!/bin/sh
# In the live system, as root
set -eux
# The whole disk, mounted below /mnt; the loader's own partition below /mnt/boot
disk=$(readlink -f '/dev/disk/by-id/ata-QEMU_HARDDISK_QM00001')
case $disk in *[0-9]) part=${disk}p ;; *) part=$disk ;; esac
wipefs --all --force "$disk"
echo 'label: gpt' >/tmp/table
next=0
add() { # a line of sfdisk(8)
  echo "$1" >>/tmp/table
  next=$((next + 1))
}
add 'size=1GiB, type=uefi'
efi=$part$next
add 'type=linux'
root=$part$next
sfdisk --wipe always --wipe-partitions always "$disk" </tmp/table
udevadm settle
pvcreate -ff -y "$root"
vgcreate system "$root"
lvcreate -y -W y -n swap -L '2048'm system
swap=/dev/system/swap
lvcreate -y -W y -n root -l 100%FREE system
root=/dev/system/root
mkfs.xfs -q -f "$root"
mount "$root" /mnt
mkswap "$swap"
swapon "$swap"
mkfs.fat -F 32 "$efi"
mount --mkdir "$efi" /mnt/boot

curl -fsS --retry 5 -o /root/user_configuration.json 'http://10.0.0.1:8080/install/k1/user_configuration.json'
curl -fsS --retry 5 -o /root/user_credentials.json 'http://10.0.0.1:8080/install/k1/user_credentials.json'
archinstall --silent --config /root/user_configuration.json --creds /root/user_credentials.json
curl -fsS --retry 5 -o /mnt/root/greif-install 'http://10.0.0.1:8080/install/k1/script'
arch-chroot /mnt sh /root/greif-install
rm /mnt/root/greif-install
curl -fsS --retry 5 -o /dev/null 'http://10.0.0.1:8080/install/k1/finished'
reboot

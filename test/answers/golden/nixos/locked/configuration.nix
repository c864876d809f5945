# Every value is written with its quotes
{ config, pkgs, ... }:
{
  imports = [ ./hardware-configuration.nix ];
  boot.loader.grub.enable = true;
  boot.loader.grub.device = "/dev/sda";
  networking.hostName = "kiosk";
  time.timeZone = "Etc/UTC";
  i18n.defaultLocale = "en_US.UTF-8";
  console.keyMap = "us";
  services.xserver.xkb.layout = "us";
  services.xserver.xkb.variant = "";
  services.openssh.enable = true;
  environment.systemPackages = map (name: builtins.getAttr name pkgs) [  ];
  users.users."root".hashedPassword = "!";
  system.stateVersion = "24.11";
}

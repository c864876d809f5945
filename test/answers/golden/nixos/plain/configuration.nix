# Every value is written with its quotes
{ config, pkgs, ... }:
{
  imports = [ ./hardware-configuration.nix ];
  boot.loader.grub.enable = true;
  boot.loader.grub.device = "/dev/vda";
  networking.hostName = "r101-01";
  networking.domain = "lab.example.org";
  time.timeZone = "Europe/Berlin";
  i18n.defaultLocale = "de_DE.UTF-8";
  console.keyMap = "de";
  services.xserver.xkb.layout = "de";
  services.xserver.xkb.variant = "";
  services.openssh.enable = true;
  environment.systemPackages = map (name: builtins.getAttr name pkgs) [  ];
  users.users."root".hashedPassword = "\$6\$greif\$qW8/0nTzS3lBmKfJr1nJj0Q5c3O1VqZ0Yh1m0eU9gq3E2u6k1c7v4b8n2m5x9z0a1s3d5f7g9h2j4k6l8";
  system.stateVersion = "24.11";
}

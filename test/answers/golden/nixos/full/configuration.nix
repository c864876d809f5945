# Every value is written with its quotes
{ config, pkgs, ... }:
{
  imports = [ ./hardware-configuration.nix ];
  boot.loader.systemd-boot.enable = true;
  boot.loader.efi.canTouchEfiVariables = false;
  networking.hostName = "r202-17";
  networking.domain = "lab.example.org";
  time.timeZone = "Europe/Berlin";
  i18n.defaultLocale = "de_DE.UTF-8";
  console.keyMap = "de";
  services.xserver.xkb.layout = "de";
  services.xserver.xkb.variant = "nodeadkeys";
  services.openssh.enable = true;
  environment.systemPackages = map (name: builtins.getAttr name pkgs) [ "openssh-server" "vim" ];
  users.users."root".hashedPassword = "!";
  users.users."anna" = {
    isNormalUser = true;
    description = "Änna O'Größe";
    hashedPassword = "\$6\$greif\$qW8/0nTzS3lBmKfJr1nJj0Q5c3O1VqZ0Yh1m0eU9gq3E2u6k1c7v4b8n2m5x9z0a1s3d5f7g9h2j4k6l8";
    openssh.authorizedKeys.keys = [ "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGreif anna@\"lab\" \$(x)" ];
    extraGroups = [ "wheel" "dialout" "plugdev" ];
  };
  users.users."gast" = {
    isNormalUser = true;
    description = "";
    hashedPassword = "!";
    openssh.authorizedKeys.keys = [  ];
    extraGroups = [  ];
  };
  system.stateVersion = "24.11";
}

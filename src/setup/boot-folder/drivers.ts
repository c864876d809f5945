import type { Architecture } from './architecture.ts';

/**
 * Kernel modules by name, or by folder with a slash at its end; a build fails when the kernel does not have one.
 *
 * The first stage carries what it takes to reach the network and to mount the agent's system, and the usual disks, which wake up
 * meanwhile. Everything rarer comes with the agent's system.
 */
const firstStage = {
  buses: 'virtio_pci hv_vmbus pci-hyperv vmd',
  wired: `
    drivers/net/ethernet/intel/e1000/ drivers/net/ethernet/intel/e1000e/ drivers/net/ethernet/intel/igb/
    drivers/net/ethernet/intel/igc/ drivers/net/ethernet/intel/ixgbe/ drivers/net/ethernet/intel/i40e/
    r8169 8139cp 8139too tg3 bnx2 bnxt_en mlx4_en mlx5_core atlantic alx atl1c atl1e sky2 skge forcedeth pcnet32
    via-rhine via-velocity jme virtio_net vmxnet3 hv_netvsc xen-netfront ena`,
  phys: 'drivers/net/phy/',
  usb: 'xhci-pci ehci-pci ohci-pci uhci-hcd',
  usbNetwork: `
    r8152 r8153_ecm ax88179_178a aqc111 asix cdc_ether cdc_ncm cdc_eem rndis_host smsc75xx smsc95xx lan78xx dm9601
    mcs7830`,
  disks: `
    ahci ata_piix ata_generic nvme virtio_blk virtio_scsi sd_mod usb-storage uas vmw_pvscsi hv_storvsc`,
  mounting: 'squashfs overlay loop',
  keyboard: 'usbhid hid-generic',
};

const system = {
  disks: `
    drivers/ata/ drivers/nvme/host/ drivers/message/fusion/ drivers/mmc/ drivers/ufs/ drivers/usb/storage/ drivers/md/
    aacraid hpsa smartpqi megaraid_sas megaraid_mbox mpt3sas mpi3mr isci mvsas pm80xx 3w-9xxx 3w-sas arcmsr xen-blkfront`,
  fileSystems: 'ext4 vfat exfat xfs btrfs fuse isofs efivarfs nls_cp437 nls_ascii nls_iso8859-1 nls_utf8',
  checksums: `
    crc32c-intel crc32c_generic crc32-pclmul crct10dif-pclmul sha256_generic sha256-ssse3 xxhash_generic
    blake2b_generic libcrc32c`,
};

const names = (groups: Record<string, string>): string[] =>
  Object.values(groups).flatMap((group) => group.trim().split(/\s+/));

/** Hardware of PCs, which Debian's ARM64 kernel has no drivers for. */
const x64Only = names({
  buses: 'vmd uhci-hcd',
  wired: 'forcedeth via-rhine',
  disks: 'vmw_pvscsi megaraid_mbox isci arcmsr',
  checksums: 'crc32c-intel crc32-pclmul crct10dif-pclmul sha256-ssse3',
});

/** Boards' own network cards (Raspberry Pi, Rockchip, Marvell, NXP, HiSilicon, Cavium), SD cards and processors. */
const arm64Only = {
  firstStage: names({
    buses: 'virtio_mmio',
    wired: 'genet macb dwmac-generic dwmac-rk mvneta mvpp2 fec hns3 nicvf xgene-enet',
  }),
  system: names({ checksums: 'crct10dif-ce sha2-ce' }),
};

const forArchitecture = (architecture: Architecture, pc: readonly string[], arm64: readonly string[]) =>
  architecture === 'x64' ? pc : [...pc.filter((name) => !x64Only.includes(name)), ...arm64];

export const firstStageModules = (architecture: Architecture): readonly string[] =>
  forArchitecture(architecture, names(firstStage), arm64Only.firstStage);

export const systemModules = (architecture: Architecture): readonly string[] => [
  ...firstStageModules(architecture),
  ...forArchitecture(architecture, names(system), arm64Only.system),
];

/** Firmware files, by folder, that drivers of the first stage ask for. */
export const firmwareFolders = ['rtl_nic', 'tigon'];

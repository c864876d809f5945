/** `/dev/sda` → `/dev/sda3`, `/dev/nvme0n1` → `/dev/nvme0n1p3`. */
export const partitionPath = (disk: string, number: number): string =>
  `${disk}${/\d$/.test(disk) ? 'p' : ''}${number}`;

import type { Arch } from './plan.ts';

/** Where a PC's kernel and first stage lie in the boot folder. 32-bit UEFI starts the x64 kernel as well (EFI mixed mode). */
export const agentFolder = (arch: Arch | undefined): string =>
  arch === 'uefi-arm64' ? 'agent-arm64' : 'agent';

/**
 * The path that a request means. Firmware that was made for Windows servers asks with backslashes; some ROMs hand over the end mark of the DHCP options,
 * 255, as the last letter of the name.
 */
export const requestedPath = (filename: string): string =>
  filename.replaceAll('\\', '/').replace(/\xff+$/, '');

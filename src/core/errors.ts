/**
 * The one catalogue of failures that a caller may meet. A code is translated here, once, into an HTTP status,
 * a TFTP error code (RFC 1350 section 5) and an exit status; docs/errors.md lists the same codes (a test holds them together).
 */
export const errorCatalogue = {
  BAD_REQUEST: { http: 400, exit: 2 },
  TOKEN_INVALID: { http: 401, exit: 1 },
  TOKEN_USED: { http: 409, exit: 1 },
  TOKEN_MISMATCH: { http: 403, exit: 1 },
  FORBIDDEN: { http: 403, exit: 1 },
  NOT_FOUND: { http: 404, exit: 1 },
  BODY_TOO_LARGE: { http: 413, exit: 2 },
  MACHINE_NOT_FOUND: { http: 404, exit: 1 },
  MACHINE_DECOMMISSIONED: { http: 409, exit: 1 },
  LEASE_NOT_FOUND: { http: 404, exit: 1 },
  NAME_TAKEN: { http: 409, exit: 1 },
  ORDER_NOT_FOUND: { http: 404, exit: 1 },
  ORDER_CONFLICT: { http: 409, exit: 1 },
  ORDER_TRANSITION: { http: 409, exit: 1 },
  ORDER_CANCELLED: { http: 409, exit: 1 },
  AGENT_LOST: { http: 409, exit: 1 },
  PC_RESTARTED: { http: 409, exit: 1 },
  SCRIPT_NOT_FOUND: { http: 404, exit: 1 },
  SCRIPT_IN_USE: { http: 409, exit: 1 },
  SCRIPT_INVALID: { http: 422, exit: 1 },
  SCRIPT_FAILED: { http: 500, exit: 1 },
  NO_CERTIFICATE: { http: 409, exit: 1 },
  CERTIFICATE_INVALID: { http: 422, exit: 1 },
  EVIDENCE_MISMATCH: { http: 422, exit: 1 },
  IMAGE_NOT_FOUND: { http: 404, exit: 1 },
  VERSION_TAKEN: { http: 409, exit: 1 },
  IMAGE_IN_USE: { http: 409, exit: 1 },
  CHANNEL_NOT_FOUND: { http: 404, exit: 1 },
  IMPORT_NOT_FOUND: { http: 404, exit: 1 },
  IMPORT_CANCELLED: { http: 409, exit: 1 },
  IMAGE_SOURCE_INVALID: { http: 422, exit: 1 },
  PARTITION_TABLE_INVALID: { http: 422, exit: 1 },
  STORE_FULL: { http: 507, exit: 1 },
  CHUNK_MISSING: { http: 404, exit: 1 },
  CHUNK_CORRUPT: { http: 500, exit: 1 },
  INDEX_INVALID: { http: 422, exit: 1 },
  MANIFEST_INVALID: { http: 422, exit: 1 },
  MANIFEST_UNTRUSTED: { http: 422, exit: 1 },
  KEY_INVALID: { http: 500, exit: 1 },
  KEY_NOT_FOUND: { http: 404, exit: 1 },
  KEY_IN_USE: { http: 409, exit: 1 },
  BOOT_NOT_FOUND: { http: 404, exit: 1 },
  BOOTFILE_NOT_FOUND: { http: 404, tftp: 1, exit: 1 },
  ACCESS_VIOLATION: { http: 403, tftp: 2, exit: 1 },
  DISK_AMBIGUOUS: { http: 409, exit: 1 },
  DISK_TOO_SMALL: { http: 409, exit: 1 },
  DISK_NOT_FOUND: { http: 409, exit: 1 },
  DISK_UNSUITABLE: { http: 409, exit: 1 },
  DISK_NOT_WIPED: { http: 500, exit: 1 },
  DISK_READ_FAILED: { http: 500, exit: 1 },
  DISK_WRITE_FAILED: { http: 500, exit: 1 },
  VOLUME_ENCRYPTED: { http: 409, exit: 1 },
  VOLUME_COMPOSITE: { http: 409, exit: 1 },
  VOLUME_HIBERNATED: { http: 409, exit: 1 },
  VOLUME_UNCLEAN: { http: 409, exit: 1 },
  READ_BACK_MISMATCH: { http: 500, exit: 1 },
  PACKAGE_MISMATCH: { http: 500, exit: 1 },
  UNSUPPORTED: { http: 501, exit: 1 },
  STEP_FAILED: { http: 500, exit: 1 },
  PROFILE_NOT_FOUND: { http: 404, exit: 1 },
  PROFILE_IN_USE: { http: 409, exit: 1 },
  SOURCE_UNFIT: { http: 409, exit: 1 },
  SECRET_UNREADABLE: { http: 500, exit: 1 },
  VARIABLE_UNDEFINED: { http: 422, exit: 1 },
  VARIABLE_INVALID: { http: 422, exit: 2 },
  INSTALLER_UNBOOTABLE: { http: 409, exit: 1 },
  INSTALLER_RESTARTED: { http: 409, exit: 1 },
  DEADLINE_PASSED: { http: 409, exit: 1 },
  ANSWER_REFUSED: { http: 410, exit: 1 },
  HOST_NAME_INVALID: { http: 422, exit: 2 },
  TEMPLATE_NOT_FOUND: { http: 404, exit: 1 },
  TEMPLATE_INVALID: { http: 422, exit: 1 },
  ANSWER_VALUE_UNFIT: { http: 422, exit: 1 },
  DRIVER_NOT_FOUND: { http: 404, exit: 1 },
  DRIVER_INVALID: { http: 422, exit: 1 },
  SOURCE_IN_USE: { http: 409, exit: 1 },
  SOURCE_NOT_FOUND: { http: 404, tftp: 1, exit: 1 },
  SOURCE_INVALID: { http: 422, exit: 1 },
  FILE_SYSTEM_UNCLEAN: { http: 409, exit: 1 },
  PORT_UNAVAILABLE: { http: 500, exit: 1 },
  CONFIG_INVALID: { http: 500, exit: 2 },
  UNREACHABLE: { http: 502, exit: 3 },
  INTERNAL: { http: 500, exit: 1 },
} as const satisfies Record<string, { http: number; tftp?: number; exit: number }>;

export type ErrorCode = keyof typeof errorCatalogue;

/** A failure with a code of the catalogue and a message that says what to do. */
export class GreifError extends Error {
  readonly code: ErrorCode;
  readonly details: Record<string, unknown> | undefined;

  constructor(
    code: ErrorCode,
    message: string,
    options: { cause?: unknown; details?: Record<string, unknown> } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'GreifError';
    this.code = code;
    this.details = options.details;
  }
}

export const isErrorCode = (value: unknown): value is ErrorCode =>
  typeof value === 'string' && Object.hasOwn(errorCatalogue, value);

/** Whatever was thrown, as a coded error; an unknown failure becomes INTERNAL and keeps its cause. */
export const asGreifError = (thrown: unknown): GreifError => {
  if (thrown instanceof GreifError) return thrown;
  // Some of Node's errors have a code and no sentence.
  const said = thrown instanceof Error ? thrown.message || (thrown.stack ?? thrown.name) : String(thrown);
  return new GreifError('INTERNAL', said, { cause: thrown });
};

/** The only source of randomness besides key generation, which `node:crypto` does itself. */
export interface Entropy {
  bytes(length: number): Uint8Array
  /** Version 4, lower case. */
  uuid(): string
}

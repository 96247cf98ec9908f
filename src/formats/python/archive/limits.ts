const MIB = 2 ** 20

/** What one archive may cost to check, however it is packed. docs/reference/check-dist.md lists them. */
export const LIMITS = {
  maxMembers: 100_000,
  /** Of all names together, of a zip's directory, and of all pax headers and long names of a tar. */
  maxDirectoryBytes: 16 * MIB,
  maxPathBytes: 1024,
  maxPathDepth: 64,
  maxUnpackedBytes: 10 * 1024 * MIB,
  /** Unpacked to packed, as PyPI has it; counts above `ratioFromBytes`, since small texts pack well. */
  maxRatio: 50,
  ratioFromBytes: 64 * MIB,
  maxMetadataBytes: 2 * MIB,
  maxRecordBytes: 16 * MIB,
  maxWheelFileBytes: 64 * 1024,
  maxEntryPointsBytes: MIB,
  /** Of one pax header or long name. */
  maxPaxBytes: MIB / 4,
  maxGzipHeaderBytes: 64 * 1024,
} as const

/** Why so much may not be unpacked; undefined where it may. */
export function unpackedTooMuch(unpackedBytes: number, packedBytes: number): string | undefined {
  const { maxUnpackedBytes, maxRatio, ratioFromBytes } = LIMITS
  if (unpackedBytes > maxUnpackedBytes) return `it unpacks to more than ${maxUnpackedBytes} bytes`
  if (unpackedBytes > ratioFromBytes && unpackedBytes > packedBytes * maxRatio)
    return `it unpacks to more than ${maxRatio} times its size`
  return undefined
}

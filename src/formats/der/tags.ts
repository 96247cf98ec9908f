/** Identifier octets (X.690 §8.1.2). Tag numbers above 30 do not occur in the formats that are read here. */
export const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  oid: 0x06,
  utf8String: 0x0c,
  printableString: 0x13,
  ia5String: 0x16,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const

/** `[n] EXPLICIT`, or `[n] IMPLICIT` of something constructed. */
export function contextConstructed(number: number): number {
  return 0xa0 | number
}

/** `[n] IMPLICIT` of something primitive. */
export function contextPrimitive(number: number): number {
  return 0x80 | number
}

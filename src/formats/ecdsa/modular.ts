/** The representative from 0 to m - 1. */
export function modulo(value: bigint, m: bigint): bigint {
  const rest = value % m
  return rest < 0n ? rest + m : rest
}

/** The inverse modulo a prime, for 0 < value < m. Takes as long as the value makes it: not for secrets. */
export function inverse(value: bigint, m: bigint): bigint {
  let [high, low] = [m, value]
  let [ofHigh, ofLow] = [0n, 1n]
  // Invariant: high = ofHigh * value and low = ofLow * value, modulo m.
  while (low !== 1n) {
    const quotient = high / low
    ;[high, low] = [low, high - quotient * low]
    ;[ofHigh, ofLow] = [ofLow, ofHigh - quotient * ofLow]
  }
  return modulo(ofLow, m)
}

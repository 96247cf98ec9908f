import { defineErrors, describeError, WheelsealError } from '../../base/index.ts'

const timestampErrors = defineErrors({
  'timestamp.malformed': {
    status: 400,
    exit: 1,
    summary: 'The data is not a supported timestamp request or response (RFC 3161).',
    hint: 'send a TimeStampReq in DER, as `openssl ts -query` writes it; a response must have one signature in a SignedData of version 3',
  },
})

/** Runs a parser; its refusals become `timestamp.malformed` with the structure's name. */
export function parsing<Value>(part: string, parse: () => Value): Value {
  try {
    return parse()
  } catch (cause) {
    if (!(cause instanceof WheelsealError) || cause.code === 'timestamp.malformed') throw cause
    throw timestampErrors('timestamp.malformed', `${part}: ${describeError(cause)}`, { cause })
  }
}

export function malformed(fact: string): Error {
  return timestampErrors('timestamp.malformed', fact)
}

import { defineErrors, describeError, WheelsealError } from '../../base/index.ts'

const timestampErrors = defineErrors({
  'timestamp.malformed': {
    status: 400,
    exit: 1,
    summary: 'Bytes are not a timestamp request or response of the accepted form.',
    hint: 'send a TimeStampReq of RFC 3161 in DER, as `openssl ts -query` writes it; a response must hold one signature in a SignedData of version 3',
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

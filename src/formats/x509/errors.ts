import { defineErrors, describeError, WheelsealError } from '../../base/index.ts'

export const x509Errors = defineErrors({
  'x509.malformed': {
    status: 400,
    exit: 1,
    summary: 'The certificate, public key or PEM file is malformed or not supported.',
    hint: 'download or export the file again, as X.509 v3 in PEM or DER',
  },
})

/** Runs a parser of one part; its refusals become `x509.malformed` with the part's name. */
export function parsing<Value>(part: string, parse: () => Value): Value {
  try {
    return parse()
  } catch (cause) {
    if (!(cause instanceof WheelsealError)) throw cause
    if (cause.code === 'x509.malformed') throw cause
    throw x509Errors('x509.malformed', `${part}: ${describeError(cause)}`, { cause })
  }
}

import type { SignEvents, SignIo } from '../client/sign/index.ts'
import { isoTime, type JsonValue } from '../base/index.ts'
import { systemEntropy } from '../host/index.ts'
import type { TokenIdentity } from '../sign/index.ts'
import type { Terminal } from './terminal.ts'
import { systemVerifyIo } from './verify-io.ts'
import { createVerifyProgress, type VerifyProgress } from './verify-progress.ts'

/** The process itself. */
export function systemSignIo(): SignIo {
  return { ...systemVerifyIo(process.env), entropy: systemEntropy }
}

export interface Watched<Result> {
  readonly result: Result
  readonly identity: TokenIdentity | undefined
}

interface Watching {
  readonly terminal: Terminal
  readonly quiet: boolean
}

/** Says for whom the token speaks, and how far the work is: on a terminal only, and gone when it ends, however it does. */
export async function watched<Result>(
  { terminal, quiet }: Watching,
  work: (events: SignEvents) => Promise<Result>,
): Promise<Watched<Result>> {
  let identity: TokenIdentity | undefined
  let progress: VerifyProgress | undefined
  const events: SignEvents = {
    onToken: (found) => {
      identity = found
      terminal.say(identityLine(found))
    },
    onBegin: (total) => {
      progress = createVerifyProgress(quiet ? undefined : process.stderr, total)
    },
    onEach: () => progress?.step(),
  }
  try {
    return { result: await work(events), identity }
  } finally {
    progress?.end()
  }
}

/** The member names of the schemas. */
export function identityJson(identity: TokenIdentity | undefined): JsonValue {
  if (identity === undefined) return {}
  const { sub: subject, ...more } = identity
  return { subject, ...more }
}

function identityLine({ issuer, project, ref, sub, expiresAtSeconds }: TokenIdentity): string {
  const who = project === undefined ? JSON.stringify(sub) : `project ${project}`
  const where = ref === undefined ? '' : `, ref ${ref}`
  return `the id token is for ${who}${where}, from ${issuer ?? 'an unnamed issuer'}, valid until ${isoTime(expiresAtSeconds)}`
}

/** What a user should know beside the result. */
export function sayMore(
  terminal: Terminal,
  { leftOut, checked }: { readonly leftOut: readonly string[]; readonly checked: string },
): void {
  if (leftOut.length > 0) terminal.say(`signature and attestation files skipped: ${leftOut.join(', ')}`)
  if (checked === 'not by a trust root')
    terminal.say('not verified: add --trusted-root FILE, or set WHEELSEAL_TRUSTED_ROOT')
}

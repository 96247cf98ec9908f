import { failed, ok, warning, type Check, type Finding } from '../check.ts'
import type { DoctorIo } from '../io.ts'
import { shownValue } from '../shown.ts'

const WATCHED = /^(?:COSIGN|SIGSTORE|TUF|REKOR|FULCIO)_[A-Z0-9_]+$/

/** With a check of its own, or asked for on purpose by everybody who signs in a job. */
const EXPECTED: ReadonlySet<string> = new Set(['SIGSTORE_ID_TOKEN', 'FULCIO_URL', 'REKOR_URL', 'COSIGN_YES'])

interface Meaning {
  readonly effect: string
  /** What its value is: shown, read, or kept secret. */
  readonly value: 'shown' | 'file' | 'secret'
}

const MEANINGS: Readonly<Record<string, Meaning>> = {
  COSIGN_EXPERIMENTAL: { effect: 'cosign 2 and newer ignore it', value: 'shown' },
  COSIGN_PASSWORD: { effect: 'cosign opens private keys with it', value: 'secret' },
  COSIGN_REKOR_URL: {
    effect:
      'cosign asks this log where no flag names one, and cosign 3 refuses it together with --signing-config',
    value: 'shown',
  },
  SIGSTORE_ROOT_FILE: trustRoot('certificate authorities'),
  SIGSTORE_REKOR_PUBLIC_KEY: trustRoot('key of the log'),
  SIGSTORE_CT_LOG_PUBLIC_KEY_FILE: trustRoot('key of the certificate log'),
  SIGSTORE_TSA_CERTIFICATE_FILE: trustRoot('timestamp authority'),
  TUF_ROOT: { effect: 'cosign keeps and reads its trust root in this folder', value: 'shown' },
  TUF_MIRROR: { effect: 'cosign fetches its trust root from this address', value: 'shown' },
  TUF_ROOT_JSON: { effect: 'cosign starts from this root of a TUF repository', value: 'file' },
}

function trustRoot(what: string): Meaning {
  return {
    effect: `cosign and wheelseal cosign take the ${what} from this file, in place of the trust root`,
    value: 'file',
  }
}

/** What was left in an environment and changes commands without a word. */
export const variablesCheck: Check = {
  name: 'variables',
  effectOf: [],
  look: async ({ io }) => {
    const names = Object.keys(io.env).filter(
      (name) => WATCHED.test(name) && !EXPECTED.has(name) && (io.env[name] ?? '') !== '',
    )
    const found = await Promise.all(names.toSorted().map((name) => findingOf(name, io)))
    return found.length === 0 ? [ok('no variable of cosign or Sigstore changes commands silently')] : found
  },
}

async function findingOf(name: string, { env, files }: DoctorIo): Promise<Finding> {
  const { effect, value } = MEANINGS[name] ?? flagMeaning(name)
  const text = env[name] ?? ''
  const shown = value === 'secret' ? `${name} is set` : `${name} is set to ${shownValue(text)}`
  if (value === 'file' && !(await files.exists(text)))
    return failed({
      fact: `${shown}, and there is no such file`,
      reason: effect,
      next: `unset ${name}, or correct the path`,
    })
  return warning({ fact: shown, reason: effect, next: `unset ${name}, unless it is meant` })
}

/** `COSIGN_REKOR_URL` is `--rekor-url`. Values of flags may be secrets; those of these endings are not. */
function flagMeaning(name: string): Meaning {
  const isShown = /_(?:URL|IDENTITY|ISSUER|REGEXP)$/.test(name)
  const value = isShown ? 'shown' : 'secret'
  if (!name.startsWith('COSIGN_')) return { effect: 'Sigstore clients may read it', value }
  const flag = name.slice('COSIGN_'.length).toLowerCase().replaceAll('_', '-')
  return {
    effect: `cosign and wheelseal cosign take it for --${flag} wherever that flag is not given`,
    value,
  }
}

import { join } from 'node:path'
import { checkAddress, type Located } from './addresses.ts'
import { note, right, wrong, type Aim, type Instance, type Place, type Setting, type Steps } from './aim.ts'
import { keysIn, readText } from './keys.ts'

const EMPTY_SHA256 = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'
const SERVER = 'REKOR_REKOR_SERVER'
const KEY = 'REKOR_REKOR_SERVER_PUBLIC_KEY'

/** rekor-cli 1: it signs nothing, and verifies the log and an entry of it. */
export async function aimRekorCli(place: Place, instance: Instance): Promise<Aim> {
  const located = checkAddress(SERVER, place, instance) ?? unsetServer()
  const settings = [located.setting, checkKey(place, instance), ...(await checkFiles(place, instance))]
  return {
    settings,
    elsewhere: located.elsewhere,
    steps: rekorSteps(instance, place.env),
  }
}

function unsetServer(): Located {
  const why =
    'not set: each command needs --rekor_server, as in these runs; without it rekor-cli asks public Sigstore'
  return { setting: note(SERVER, null, why), elsewhere: [] }
}

/** The variable holds the key itself. */
function checkKey({ env }: Place, { trust }: Instance): Setting {
  const text = env[KEY]
  if (!text) return note(KEY, null, 'not set: rekor-cli asks the log for its key, and believes it')
  const [wanted = ''] = keysIn(trust.rekor)
  if (keysIn(text).has(wanted)) return right(KEY, null, 'the key of this log')
  const fix = `export ${KEY}="$(cat trust/rekor.pub)"`
  return wrong(KEY, null, { why: 'it is not the key of this log', fix })
}

/** `loginfo` keeps the last checkpoint of each address, and refuses a log that does not continue it. */
async function checkFiles({ home, files }: Place, { url }: Instance): Promise<readonly Setting[]> {
  const path = (name: string): string => join(home, name)
  const kept = await readText(path(join('.rekor', 'state.json')), files)
  const hasState = 'text' in kept && kept.text.includes(JSON.stringify(url))
  const why = 'a checkpoint of this address is kept, which the log must continue'
  const hasConfig = await files.exists(path('.rekor.yaml'))
  return [
    ...(hasState ? [note('~/.rekor/state.json', null, why)] : []),
    ...(hasConfig
      ? [note('~/.rekor.yaml', null, 'stands for flags in every command; these runs are without it')]
      : []),
  ]
}

export function rekorSteps({ url }: Instance, env: Place['env']): Steps {
  const server = env[SERVER] ? [] : ['--rekor_server', url]
  return {
    verify: ({ signatureFile, certificateFile }) => [
      [...server, 'loginfo'],
      [
        ...server,
        'verify',
        '--type',
        'hashedrekord',
        '--pki-format',
        'x509',
        '--artifact-hash',
        EMPTY_SHA256,
        '--signature',
        signatureFile,
        '--public-key',
        certificateFile,
      ],
    ],
  }
}

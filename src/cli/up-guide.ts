import { shellQuoted } from '../base/index.ts'
import { gateUrls } from './gate-guide.ts'
import { inParagraphs } from './terminal.ts'

export interface Ready {
  readonly url: string
  readonly data: string
  /** `sha256:HEX` of the TUF root. */
  readonly fingerprint: string
  /** Why it is not ready, in words; nothing where it is. */
  readonly reasons: readonly string[]
  /** By name. */
  readonly gates: readonly string[]
}

/** Where each service of an instance is; for machines. */
export function serviceUrls(url: string): Readonly<Record<string, string>> {
  return {
    issuer: url,
    fulcio: url,
    rekor: url,
    timestamp: `${url}/api/v1/timestamp`,
    tuf: `${url}/tuf`,
    packages: `${url}/api/v4/projects`,
    runners: `${url}/api/v4`,
    health: `${url}/readyz`,
  }
}

/** For the log of a pipeline or of a service: what somebody needs who looks for it there. */
export function shortGuide({ url, data, fingerprint, reasons }: Ready): readonly string[] {
  const state = reasons.length === 0 ? 'ready' : 'NOT READY'
  return [
    `${state} at ${url}, data in ${data} (Ctrl-C ends it)`,
    ...reasons.map((reason) => `  ${reason}`),
    `trust fingerprint ${fingerprint}`,
  ]
}

/** How each stock client is aimed here, in lines to copy; none wider than `width` unless one word is. */
export function guide(ready: Ready, width: number): readonly string[] {
  // Nobody is sent to a server that would refuse what the lines do.
  if (ready.reasons.length > 0) return shortGuide(ready)
  const sections = [setUp, cosign, sigstore, packages, gates].flatMap((part) => part(ready))
  const shown = sections.map(({ title, lines }) =>
    [title].concat(lines.flatMap((words) => wrapped(words, width))),
  )
  return inParagraphs([shortGuide(ready), ...shown, LEGEND, ['']])
}

const LEGEND = [
  'ID is the id of a project, TOKEN the access token that was printed,',
  'F any file, DATA the data directory.',
  'For a project that is not public, pip and uv read ME and TOKEN from ~/.netrc.',
]

interface Section {
  readonly title: string
  /** Each of them words of a shell. */
  readonly lines: readonly (readonly string[])[]
}

function setUp({ url, data, fingerprint }: Ready): readonly Section[] {
  const own = [`--data ${shellQuoted(data)}`]
  return [
    {
      title: 'a project, an administrator and a token',
      lines: [
        ['wheelseal', 'project', 'create', 'GROUP/NAME', ...own],
        ['wheelseal', 'user', 'create', 'ME', '--admin', ...own],
        ['wheelseal', 'token', 'create', '--user', 'ME', '--scope', 'api', ...own],
      ],
    },
    {
      title: 'export the trust root, on this machine or on a different one',
      lines: [
        ['wheelseal', 'trust', 'export', '--out', 'trust', ...own],
        ['wheelseal', 'trust', 'export', '--out', 'trust', `--url ${url}`, `--fingerprint ${fingerprint}`],
      ],
    },
  ]
}

function cosign({ url, data }: Ready): readonly Section[] {
  const token = ['SIGSTORE_ID_TOKEN=$(wheelseal', 'trust', 'token', '--project', 'GROUP/NAME']
  const sign = ['cosign', 'sign-blob', '--yes']
  const services = [`--fulcio-url=${url}`, `--rekor-url=${url}`]
  const files = ['--output-signature F.sig', '--output-certificate F.crt', 'F']
  const root = '--trusted-root trust/trusted_root.json'
  const config = '--signing-config trust/signing_config.json'
  return [
    {
      title: 'id token in a job: add to its .gitlab-ci.yml',
      lines: [['id_tokens: { SIGSTORE_ID_TOKEN: { aud: sigstore } }']],
    },
    {
      title: 'id token outside of a job: a test token, valid for ten minutes',
      lines: [['export', ...token, `--data ${shellQuoted(data)})`]],
    },
    {
      title: 'accept id tokens of your GitLab: add to DATA/wheelseal.toml',
      lines: [['[[issuers]]'], ["url = 'https://gitlab.example.com'"]],
    },
    { title: 'cosign 2', lines: [['. trust/cosign.env'], [...sign, ...services, ...files]] },
    { title: 'cosign 3', lines: [[...sign, config, root, '--bundle F.sigstore.json', 'F']] },
  ]
}

function sigstore({ url }: Ready): readonly Section[] {
  const config = '--trust-config trust/trust_config.json'
  const token = '--identity-token "$SIGSTORE_ID_TOKEN"'
  return [
    { title: 'sigstore-python', lines: [['sigstore', config, 'sign', token, 'F']] },
    {
      title: 'sigstore-js: options of sign, options of verify',
      lines: [
        [`{ fulcioURL: '${url}', rekorURL: '${url}' }`],
        [`{ tufMirrorURL: '${url}/tuf', tufRootPath: 'trust/root.json' }`],
      ],
    },
    { title: 'rekor-cli', lines: [['rekor-cli', `--rekor_server ${url}`, 'loginfo']] },
  ]
}

function packages({ url }: Ready): readonly Section[] {
  const project = `${url}/api/v4/projects/ID/packages`
  const simple = `--index-url ${project}/pypi/simple`
  return [
    {
      title: 'twine, uv: publish',
      lines: [
        ['export', 'TWINE_USERNAME=ME', 'TWINE_PASSWORD=TOKEN'],
        ['twine', 'upload', `--repository-url ${project}/pypi`, 'dist/*.whl', 'dist/*.tar.gz'],
        ['export', 'UV_PUBLISH_USERNAME=ME', 'UV_PUBLISH_PASSWORD=TOKEN'],
        ['uv', 'publish', `--publish-url ${project}/pypi`, 'dist/*'],
      ],
    },
    {
      title: 'pip, uv: install',
      lines: [
        ['pip', 'install', simple, 'PACKAGE'],
        ['uv', 'pip', 'install', simple, 'PACKAGE'],
      ],
    },
    {
      title: 'curl: generic packages (asks for TOKEN)',
      lines: [['curl', '--fail', '--user ME', '--upload-file F', `${project}/generic/PACKAGE/VERSION/F`]],
    },
  ]
}

function gates({ url, gates: names }: Ready): readonly Section[] {
  return gateUrls(url, names).map((index) => ({
    title: `gate: ${index} as the only index`,
    lines: [
      ['pip', 'config', 'set', 'global.index-url', index],
      ['export', `UV_DEFAULT_INDEX=${index}`],
      ['poetry', 'source', 'add', '--priority=primary', 'gate', index],
      ['pdm', 'config', 'pypi.url', index],
    ],
  }))
}

const INDENT = '  '

/** One command, continued with a backslash where it is wider. */
function wrapped(words: readonly string[], width: number): readonly string[] {
  const lines: string[] = []
  let line = INDENT
  for (const word of words) {
    const longer = line.trim() === '' ? `${line}${word}` : `${line} ${word}`
    // Two more for the backslash.
    if (longer.length + 2 <= width || line.trim() === '') line = longer
    else {
      lines.push(`${line} \\`)
      line = `${INDENT}${INDENT}${word}`
    }
  }
  return [...lines, line]
}

import { initErrors } from './errors.ts'

/** Where the pipeline runs, and with whose trust services it signs. */
export type Target =
  | { readonly kind: 'gitlab.com' }
  | { readonly kind: 'local' }
  | {
      readonly kind: 'self-managed'
      /** Of the trust services, as `wheelseal up` prints it: without a slash at its end. */
      readonly url: string
      /** `sha256:HEX` of the first TUF root. */
      readonly tufRoot: string
    }

export const TARGETS = ['gitlab.com', 'self-managed', 'local'] as const
export type TargetName = (typeof TARGETS)[number]

/** One entry of `include`. */
export interface IncludeEntry {
  readonly kind: 'component' | 'local'
  readonly location: string
  readonly inputs: readonly (readonly [name: string, value: string])[]
}

/** The host of its project is that of the GitLab which runs the pipeline. */
export interface Component {
  readonly project: string
  readonly name: string
  readonly version: string
}

const COMPONENT_NAME = 'python-package'
/** Where a copy of the component goes, which the project then owns. */
export const VENDORED_PATH = `.gitlab/${COMPONENT_NAME}.yml`

const URL_FORM = /^https:\/\/[A-Za-z0-9.-]{1,253}(?::\d{1,5})?(?:\/[A-Za-z0-9._~/-]*)?$/
const TUF_ROOT_FORM = /^sha256:[0-9a-f]{64}$/

/** Throws `init.target` for what the inputs of the component would refuse. */
export function selfManaged(url: string, tufRoot: string): Target {
  const trimmed = url.replace(/\/+$/, '')
  if (!URL_FORM.test(trimmed))
    throw initErrors(
      'init.target',
      '--url is not an https URL without user name, as the inputs of the component have to be',
    )
  if (!TUF_ROOT_FORM.test(tufRoot))
    throw initErrors('init.target', '--fingerprint is not sha256: and 64 lower-case hex digits')
  return { kind: 'self-managed', url: trimmed, tufRoot }
}

export interface IncludeOptions {
  readonly component: Component
  readonly isVendored: boolean
  /** What the names of the jobs begin with, where the project has jobs of the same names. */
  readonly jobPrefix: string
}

export function includeOf(target: Target, options: IncludeOptions): IncludeEntry {
  const { component, isVendored, jobPrefix } = options
  const { project, name, version } = component
  const place = isVendored
    ? ({ kind: 'local', location: VENDORED_PATH } as const)
    : ({
        kind: 'component',
        location: `$CI_SERVER_FQDN/${project}/${name}@${version}`,
      } as const)
  const prefix = jobPrefix === '' ? [] : ([['job-prefix', jobPrefix]] as const)
  return { ...place, inputs: [...prefix, ...servicesOf(target)] }
}

/** Those of public Sigstore are the component's defaults; here the services are told to jobs by variables. */
function servicesOf(target: Target): IncludeEntry['inputs'] {
  if (target.kind !== 'self-managed') return []
  const { url, tufRoot } = target
  return [
    ['fulcio-url', url],
    ['rekor-url', url],
    ['tuf-url', `${url}/tuf`],
    ['tuf-root', tufRoot],
  ]
}

/** Whether an entry of `include` is the component or its copy, of whatever version. */
export function isOurInclude(location: string): boolean {
  return (
    new RegExp(`/${COMPONENT_NAME}@[^/]+$`).test(location) || location.replace(/^\//, '') === VENDORED_PATH
  )
}

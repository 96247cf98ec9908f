import type { JsonValue } from '../base/index.ts'
import type { ExtensionName, Identity } from '../identity/index.ts'
import { signErrors } from './errors.ts'

/** docs/how-to/attest-distributions.md says what each parameter of this build type is. */
const BUILD_TYPE = 'urn:wheelseal:build-type:gitlab-job:v1'

/**
 * The predicate of SLSA provenance v1 (slsa.dev/spec/v1.1/provenance) of what a GitLab job makes. All of it is what the
 * certificate says, which an authority has taken from the job's id token: the two cannot differ, and no variable of the
 * job can change it. Throws `sign.provenance` where the certificate is not that of a job.
 */
export function provenanceOf({ san, extensions }: Identity): JsonValue {
  const extension = (name: ExtensionName): string => {
    const value = extensions[name]
    if (value === undefined) throw signErrors('sign.provenance', `the certificate of ${san} has no ${name}`)
    return value
  }
  const [source, ref, config] = [
    extension('sourceRepositoryUri'),
    extension('sourceRepositoryRef'),
    extension('buildConfigUri'),
  ]
  return {
    buildDefinition: {
      buildType: BUILD_TYPE,
      externalParameters: { source, ref, config },
      internalParameters: { gitlab: jobParameters(extensions) },
      resolvedDependencies: [
        { uri: `git+${source}@${ref}`, digest: { gitCommit: extension('sourceRepositoryDigest') } },
        { uri: config, digest: { gitCommit: extension('buildConfigDigest') } },
      ],
    },
    runDetails: {
      builder: { id: extension('buildSignerUri') },
      metadata: { invocationId: extension('runInvocationUri') },
    },
  }
}

/** Extensions by the names that their values have in the token. */
const JOB_PARAMETERS: Readonly<Record<string, ExtensionName>> = {
  project_id: 'sourceRepositoryIdentifier',
  namespace_id: 'sourceRepositoryOwnerIdentifier',
  pipeline_source: 'buildTrigger',
  runner_environment: 'runnerEnvironment',
  environment: 'deploymentEnvironment',
}

function jobParameters(extensions: Identity['extensions']): JsonValue {
  const rows = Object.entries(JOB_PARAMETERS).map(
    ([name, extension]) => [name, extensions[extension]] as const,
  )
  return Object.fromEntries(rows.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])))
}

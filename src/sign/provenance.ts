import type { JsonValue } from '../base/index.ts'
import type { ClaimName, Identity } from '../identity/index.ts'
import { signErrors } from './errors.ts'

/** docs/how-to/attest-distributions.md says what each parameter of this build type is. */
const BUILD_TYPE = 'urn:wheelseal:build-type:gitlab-job:v1'

/**
 * The predicate of SLSA provenance v1 (slsa.dev/spec/v1.1/provenance) of what a GitLab job makes. All of it is what the
 * certificate says, which an authority has taken from the job's id token: the two cannot differ, and no variable of the
 * job can change it. Throws `sign.provenance` where the certificate is not that of a job.
 */
export function provenanceOf({ san, claims }: Identity): JsonValue {
  const claim = (name: ClaimName): string => {
    const value = claims[name]
    if (value === undefined) throw signErrors('sign.provenance', `the certificate of ${san} has no ${name}`)
    return value
  }
  const [source, ref, config] = [
    claim('sourceRepositoryUri'),
    claim('sourceRepositoryRef'),
    claim('buildConfigUri'),
  ]
  return {
    buildDefinition: {
      buildType: BUILD_TYPE,
      externalParameters: { source, ref, config },
      internalParameters: { gitlab: jobClaims(claims) },
      resolvedDependencies: [
        { uri: `git+${source}@${ref}`, digest: { gitCommit: claim('sourceRepositoryDigest') } },
        { uri: config, digest: { gitCommit: claim('buildConfigDigest') } },
      ],
    },
    runDetails: {
      builder: { id: claim('buildSignerUri') },
      metadata: { invocationId: claim('runInvocationUri') },
    },
  }
}

/** By the names that they have in the token. */
const JOB_CLAIMS: Readonly<Record<string, ClaimName>> = {
  project_id: 'sourceRepositoryIdentifier',
  namespace_id: 'sourceRepositoryOwnerIdentifier',
  pipeline_source: 'buildTrigger',
  runner_environment: 'runnerEnvironment',
  environment: 'deploymentEnvironment',
}

function jobClaims(claims: Identity['claims']): JsonValue {
  const rows = Object.entries(JOB_CLAIMS).map(([name, claim]) => [name, claims[claim]] as const)
  return Object.fromEntries(rows.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])))
}

import type { Variable } from '../expand.ts'
import type { SingleJob } from '../parallel.ts'

const MAX_SLUG_LENGTH = 63

/** Predefined variables of a job that GitLab knows before it is created (`predefined_variables_from_job_attr`). */
export function jobFacts(job: SingleJob, environment: string | null): readonly Variable[] {
  const { name, group, stage, node, when } = job
  return [
    { key: 'CI_JOB_NAME', value: name, isRaw: true },
    { key: 'CI_JOB_NAME_SLUG', value: slug(name) },
    { key: 'CI_JOB_GROUP_NAME', value: group, isRaw: true },
    { key: 'CI_JOB_STAGE', value: stage, isRaw: true },
    ...(when === 'manual' || when === 'delayed' ? [{ key: 'CI_JOB_MANUAL', value: 'true' }] : []),
    ...(node === null ? [] : [{ key: 'CI_NODE_INDEX', value: String(node.index) }]),
    { key: 'CI_NODE_TOTAL', value: String(node?.total ?? 1) },
    ...(environment === null ? [] : environmentFacts(job, environment)),
  ]
}

function environmentFacts({ environment }: SingleJob, name: string): readonly Variable[] {
  const { url = null, deployment_tier: tier = null, action = 'start' } = environment ?? {}
  return [
    { key: 'CI_ENVIRONMENT_NAME', value: name },
    { key: 'CI_ENVIRONMENT_ACTION', value: action },
    ...(tier === null ? [] : [{ key: 'CI_ENVIRONMENT_TIER', value: tier }]),
    ...(url === null ? [] : [{ key: 'CI_ENVIRONMENT_URL', value: url }]),
  ]
}

function slug(text: string): string {
  return text
    .toLowerCase()
    .replaceAll(/[^a-z0-9]/g, '-')
    .slice(0, MAX_SLUG_LENGTH)
    .replaceAll(/^-+|-+$/g, '')
}

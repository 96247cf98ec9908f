import type { DoctorIo } from './io.ts'

export interface Login {
  /** The variable that has the token. */
  readonly from: 'WHEELSEAL_TOKEN' | 'CI_JOB_TOKEN' | 'a request without token'
  readonly headers: Readonly<Record<string, string>>
}

/** As `publish` and `fetch` choose: the user's token, else that of the job, for its own server alone. */
export function loginOf({ env, registry }: DoctorIo): Login {
  const { WHEELSEAL_TOKEN: own, CI_JOB_TOKEN: job, CI_API_V4_URL: api } = env
  if (own) return { from: 'WHEELSEAL_TOKEN', headers: { 'private-token': own } }
  if (job && api && registry?.api.value === api)
    return { from: 'CI_JOB_TOKEN', headers: { 'job-token': job } }
  return { from: 'a request without token', headers: {} }
}

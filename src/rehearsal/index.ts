/**
 * One rehearsal: hosts of the internet that are answered on this machine, so that a pipeline that names them runs
 * unchanged, and the certificate authority by which the jobs of this rehearsal, and nobody else, believe the answers.
 *
 * `createJobAuthority` makes the certificates, `startStandIns` answers; the runner's router brings a job's connections
 * there. `STAND_IN_HOSTS` says who is stood in for, and what each answers: the services of the run behind gitlab.com,
 * Fulcio and Rekor, one file behind github.com. The TUF repository of public Sigstore is refused, never imitated.
 */
export { createJobAuthority, type JobAuthority } from './authority.ts'
export { explainRefusal, GITLAB, STAND_IN_HOSTS } from './hosts.ts'
export { startStandIns, type StandIns } from './stand-ins.ts'

/**
 * `wheelseal plan`, without its flags and its words: the pipeline that a project would have, and where its files come
 * from. `planHere` plans a folder as it is; `run` reads a commit through the same sources. An entry of its own: a plan
 * starts nothing and must not load the server.
 */
export { planHere, type PlanOptions, type PlanReport } from './plan-here.ts'

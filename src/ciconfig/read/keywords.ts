import { listOf, shownOnly, text } from './fields.ts'
import { artifacts, artifactTable } from './artifacts.ts'
import { hooks, pages, release, resourceGroup, runSteps, secrets, trigger, written } from './beyond.ts'
import { caches, cacheTable, idTokens } from './cache.ts'
import {
  allowFailure,
  coverage,
  environment,
  environmentTable,
  inherit,
  interruptible,
  retry,
  retryTable,
  tags,
  timeout,
} from './conduct.ts'
import { image, imageTable, services } from './images.ts'
import { needs } from './needs.ts'
import { parallel } from './parallel.ts'
import { policy } from './policy.ts'
import { jobRules } from './rules.ts'
import { duration, script } from './scripts.ts'
import { readVariables } from './variables.ts'
import { jobWhen } from './words.ts'

/** The keywords within a keyword's map. */
export const innerFields = {
  image: imageTable,
  artifacts: artifactTable,
  cache: cacheTable,
  environment: environmentTable,
  retry: retryTable,
  id_tokens: { aud: text },
}

const defaultable = {
  image,
  before_script: script,
  after_script: script,
  cache: caches,
  artifacts,
  id_tokens: idTokens,
  services,
  interruptible,
  retry,
  tags,
  timeout,
  hooks,
}

export const defaultFields = {
  ...defaultable,
  identity: written,
}

/** GitLab's job keywords, all of them. */
export const jobFields = {
  ...defaultable,
  identity: written,
  stage: text,
  script,
  variables: readVariables({ isTopLevel: false }),
  rules: jobRules,
  only: policy,
  except: policy,
  needs,
  dependencies: listOf(text),
  parallel,
  inherit,
  when: jobWhen,
  start_in: duration,
  allow_failure: allowFailure,
  environment,
  coverage,
  resource_group: resourceGroup,
  release,
  trigger,
  secrets,
  pages,
  run: runSteps,
  publish: shownOnly(text),
  manual_confirmation: shownOnly(text),
  dast_configuration: written,
  inputs: written,
}

import { module } from '../../kernel/module.ts'
import { route } from '../../kernel/route.ts'
import * as a from './pipeline.actions.ts'
import { pipeline } from './pipeline.store.ts'

export { DEFAULT_PIPELINE, pipeline, pipelineOf, type PipelineRecord } from './pipeline.store.ts'
export { defaultPipeline, probability, STALE_DAYS, stageOf, stretchOf, type Pipeline, type Stage } from './pipeline.ts'

const example = {
  name: 'Renewals',
  stages: [
    { name: 'notice', label: 'Notice given', probability: 0.6, requiredFields: [], staleDays: 20 },
    { name: 'terms', label: 'Terms agreed', probability: 0.9, requiredFields: ['value', 'expectedClose'] },
  ],
}

export default module('pipeline', {
  verbs: ['read', 'write', 'delete'],
  entities: [pipeline],
  events: [a.pipelineCreated, a.pipelineChanged, a.pipelineDeleted, a.pipelineRestored],
  routes: [
    route('POST /pipelines', a.define, {
      can: 'pipeline:write',
      summary: 'Define a pipeline',
      example,
      faults: ['pipeline.stage_twice', 'pipeline.too_many'],
    }),
    route('GET /pipelines', a.list, { can: 'pipeline:read', summary: 'Pipelines by name, the default one included, or in the bin' }),
    route('GET /pipelines/{id}', a.show, { can: 'pipeline:read', summary: 'One pipeline with its stages' }),
    route('PATCH /pipelines/{id}', a.change, {
      can: 'pipeline:write',
      summary: 'Change a pipeline or its stages',
      example: { name: 'New business' },
      faults: ['pipeline.version_differs', 'pipeline.stage_twice', 'pipeline.stage_in_use'],
    }),
    route('DELETE /pipelines/{id}', a.bin_, {
      can: 'pipeline:delete',
      summary: 'Put a pipeline in the bin',
      faults: ['pipeline.in_use', 'pipeline.is_default'],
    }),
    route('POST /pipelines/{id}/restore', a.restore, {
      can: 'pipeline:delete',
      summary: 'Take a pipeline out of the bin',
      faults: ['pipeline.not_deleted'],
    }),
  ],
})

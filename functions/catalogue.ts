import { once } from '../domain/kernel/action.ts'
import { catalogueData, catalogueOf, type Catalogue, type CatalogueData } from '../domain/kernel/catalogue.ts'
import { modules } from '../domain/index.ts'

/** Written in by the build (infra/bundle.ts) as JSON, so that no function need carry every module to know what there is. */
declare const CATALOGUE: string

/** What kinds of record and types of event the product has. */
export const catalogue = once(
  (): Catalogue => catalogueOf(typeof CATALOGUE === 'string' ? (JSON.parse(CATALOGUE) as CatalogueData) : catalogueData(modules)),
)

/** The model store: what lies in a model directory, and how a model gets into it. */
export { installBundledModel } from './bundled.ts'
export { Catalogue, type CatalogueModel } from './catalogue.ts'

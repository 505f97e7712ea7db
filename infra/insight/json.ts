import type { BackTest } from '../../domain/insight/model/back-test.ts'
import type { RhythmFit } from '../../domain/insight/model/fit.ts'
import type { SpendFit } from '../../domain/insight/model/spend-fit.ts'
import { type Analysis, figuresOf } from './analysis.ts'
import { isoDate } from './day.ts'

/** Customers per piece of output. */
const PIECE = 1000

function modelJson({ params, logLikelihood, standardErrors, source, why }: RhythmFit | SpendFit) {
  return { params, logLikelihood, standardErrors: standardErrors ?? null, source, why }
}

function backTestJson(tested: BackTest, analysis: Analysis) {
  return {
    ...tested,
    cuts: tested.cuts.map(({ cutDay, ...cut }) => ({ cut: isoDate(cutDay), ...cut })),
    tracking: analysis.tracking.map(({ day, ...point }) => ({ date: isoDate(day), ...point })),
    sampledCustomers: analysis.sampled,
  }
}

/** The analysis as one JSON document, in pieces: a million customers do not fit one string. */
export function* jsonPieces(analysis: Analysis, withBackTest: boolean): Generator<string> {
  const { bgnbd, mbgnbd, gammaGamma, choice, line, known } = analysis
  const head = JSON.stringify({
    models: { bgnbd: modelJson(bgnbd), mbgnbd: modelJson(mbgnbd), gammaGamma: modelJson(gammaGamma) },
    score: { kind: choice.kind, why: choice.why },
    warningLine: line,
    ...(withBackTest ? { backTest: backTestJson(analysis.tested, analysis) } : {}),
  })
  yield `${head.slice(0, -1)},"customers":[`
  for (let from = 0; from < known.length; from += PIECE) {
    const customers = known.slice(from, from + PIECE).map((customer) => JSON.stringify(figuresOf(analysis, customer)))
    yield `${from === 0 ? '' : ','}\n${customers.join(',\n')}`
  }
  yield '\n]}\n'
}

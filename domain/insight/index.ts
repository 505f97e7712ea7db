import type { Module } from '../kernel/module.ts'
import backtest from './backtest/index.ts'
import cost from './cost/index.ts'
import profit from './profit/index.ts'
import pyramid from './pyramid/index.ts'
import recommendation from './recommendation/index.ts'
import rfm from './rfm/index.ts'
import rhythm from './rhythm/index.ts'
import satisfaction from './satisfaction/index.ts'
import model from './statistics/index.ts'
import tier from './tier/index.ts'
import warning from './warning/index.ts'

/** The insight area: one line a module. */
export const modules: readonly Module[] = [model, rhythm, warning, backtest, tier, rfm, cost, profit, pyramid, satisfaction, recommendation]

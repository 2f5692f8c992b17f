import { Module, type Type } from '@nestjs/common';
import { ApprovalSettings } from '../config.ts';
import { ActingController } from './acting.controller.ts';
import { AssetsController } from './assets/assets.controller.ts';
import { EditingController } from './editing/editing.controller.ts';
import { LoginController } from './login/login.controller.ts';
import { Login } from './login/login.ts';
import { Sessions } from './login/session.ts';
import { Visits } from './login/visit.ts';
import { ReadingController } from './reading.controller.ts';
import { Rest } from './rest.ts';

/** The decision page: a client of this service's REST API that happens to live in its process. */
export function decisionPage(settings: ApprovalSettings): Type {
  @Module({
    controllers: [AssetsController, LoginController, ActingController, EditingController, ReadingController],
    providers: [{ provide: ApprovalSettings, useValue: settings }, Login, Rest, Sessions, Visits],
  })
  class DecisionPage {}
  return DecisionPage;
}

import { runNamed } from './run.ts';

await runNamed('bench', import.meta.dirname, 'boot|dhcp|http|storm|stream|tftp');

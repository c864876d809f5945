import { runNamed } from './run.ts';

await runNamed(
  'bench',
  import.meta.dirname,
  'boot|capture|delta|deploy|dhcp|http|iso|storm|store|stream|tftp',
);

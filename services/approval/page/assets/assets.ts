import { createHash } from 'node:crypto';
import { icon } from './icon.ts';
import { script } from './script.ts';
import { style } from './style.ts';

/** A file of the page; its name changes with its content, so browsers may keep it. */
export interface Asset {
  name: string;
  type: string;
  text: string;
}

const named = (stem: string, ending: string, type: string, text: string): Asset => {
  const digest = createHash('sha256').update(text).digest('hex').slice(0, 12);
  return { name: `${stem}.${digest}.${ending}`, type, text };
};

const styleAsset = named('page', 'css', 'text/css; charset=utf-8', style);
const scriptAsset = named('page', 'js', 'text/javascript; charset=utf-8', script);
const iconAsset = named('icon', 'svg', 'image/svg+xml', icon);

const assets = [styleAsset, scriptAsset, iconAsset];

/** Where pages find their files. */
export const assetPaths = {
  style: `/assets/${styleAsset.name}`,
  script: `/assets/${scriptAsset.name}`,
  icon: `/assets/${iconAsset.name}`,
} as const;

export function findAsset(name: string): Asset | undefined {
  return assets.find((asset) => asset.name === name);
}

/** Source for a page to evaluate: `contrast` of two colours, red, green and blue from 0 to 255, as WCAG measures it, 1 to 21. */
export const CONTRAST = `
  const luminance = (rgb) =>
    [0.2126, 0.7152, 0.0722].reduce((sum, share, i) => {
      const c = rgb[i] / 255;
      return sum + share * (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
    }, 0);
  const contrast = (a, b) => {
    const [low, high] = [luminance(a), luminance(b)].sort((p, q) => p - q);
    return (high + 0.05) / (low + 0.05);
  };
`;

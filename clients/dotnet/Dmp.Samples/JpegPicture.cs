using StbImageWriteSharp;

namespace Dmp.Samples;

/// <summary>A grey picture with soft structure, as a baseline JPEG: what an ultrasound export weighs and looks like from afar.</summary>
internal static class JpegPicture
{
    private const int Width = 320;
    private const int Height = 240;

    public static byte[] Write(Random random)
    {
        var (x0, y0, scale) = (random.Next(Width), random.Next(Height), 20 + random.Next(40));
        var pixels = new byte[Width * Height * 3];
        for (var y = 0; y < Height; y++)
        {
            for (var x = 0; x < Width; x++)
            {
                // Integers only: floating-point functions may differ in the last bit from one machine to the next.
                var distance = (((x - x0) * (x - x0)) + ((y - y0) * (y - y0))) / scale;
                var grey = (byte)((distance % 256) ^ ((distance / 256 % 2) * 255));
                pixels.AsSpan(((y * Width) + x) * 3, 3).Fill(grey);
            }
        }

        using var buffer = new MemoryStream();
        new ImageWriter().WriteJpg(pixels, Width, Height, ColorComponents.RedGreenBlue, buffer, 80);
        return buffer.ToArray();
    }
}

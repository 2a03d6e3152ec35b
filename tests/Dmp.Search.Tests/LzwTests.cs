using CsCheck;
using Dmp.Search.Text;
using Xunit;

namespace Dmp.Search.Tests;

/// <summary>How long an LZW stream becomes, told without unpacking it.</summary>
public sealed class LzwTests
{
    /// <summary>ISO 32000-1, 7.4.4.2, example 2.</summary>
    [Fact]
    public void The_example_of_the_standard_has_its_length() =>
        Assert.Equal(10, LzwLength.Of([0x80, 0x0B, 0x60, 0x50, 0x22, 0x0C, 0x0C, 0x85, 0x01], earlyChange: 1));

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void Lengths_are_those_of_what_was_packed(int earlyChange)
    {
        Gen.Byte[0, 3].Array[0, 3_000].Sample(bytes => LzwLength.Of(Packed(bytes, earlyChange), earlyChange) == bytes.Length);
        Assert.Equal(5_000_000, LzwLength.Of(Packed(new byte[5_000_000], earlyChange), earlyChange));
        Assert.InRange(Packed(new byte[5_000_000], earlyChange).Length, 1, 20_000);
    }

    [Fact]
    public void Any_bytes_have_a_length() => Gen.Byte.Array[0, 200].Sample(bytes => LzwLength.Of(bytes, 1) is >= 0 and < 1_000_000);

    private static byte[] Packed(byte[] content, int earlyChange)
    {
        List<byte> packed = [];
        var (bits, count, width) = (0u, 0, 9);
        var table = new Dictionary<(int, byte), int>();
        Put(256);
        var last = -1;
        foreach (var letter in content)
        {
            if (last < 0)
            {
                last = letter;
            }
            else if (table.TryGetValue((last, letter), out var longer))
            {
                last = longer;
            }
            else
            {
                Put(last);
                table[(last, letter)] = 258 + table.Count;
                if (258 + table.Count >= 4095)
                {
                    Put(256);
                    table.Clear();
                    width = 9;
                }
                else
                {
                    // The reader knows the newest entry one code later.
                    width = Math.Clamp(32 - int.LeadingZeroCount(258 + table.Count - 1 + earlyChange), 9, 12);
                }

                last = letter;
            }
        }

        if (last >= 0)
        {
            Put(last);
            width = Math.Clamp(32 - int.LeadingZeroCount(258 + table.Count + earlyChange), 9, 12);
        }

        Put(257);
        if (count > 0)
        {
            packed.Add((byte)(bits << (8 - count)));
        }

        return [.. packed];

        void Put(int code)
        {
            (bits, count) = ((bits << width) | (uint)code, count + width);
            for (; count >= 8; count -= 8)
            {
                packed.Add((byte)(bits >> (count - 8)));
            }
        }
    }
}

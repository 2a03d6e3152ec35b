using System.IO.Compression;
using System.Runtime.InteropServices;
using UglyToad.PdfPig.Filters;
using UglyToad.PdfPig.Tokens;

namespace Dmp.Search.Text;

/// <summary>
/// The filters of the library behind a budget: 1 MB of a packed stream may become 1 GB, and the library unpacks it whole. What a stream
/// becomes is counted first where it could be more than a stream may become.
/// </summary>
internal sealed class BoundedFilters(TextDraft draft) : IFilterProvider
{
    // Far more than any PDF has; the library makes a list of them before it looks at the bytes.
    private const double ObjectsMax = 2_000_000;

    private long unpacked;
    private bool isStopped;

    public TextDraft Draft => draft;

    public IReadOnlyList<IFilter> GetFilters(DictionaryToken dictionary)
    {
        if (dictionary.Data.TryGetValue("Index", out var index) && index is ArrayToken objects
            && objects.Data.OfType<NumericToken>().Sum(number => Math.Abs(number.Data)) > ObjectsMax)
        {
            throw Stopped();
        }

        return Bounded(DefaultFilterProvider.Instance.GetFilters(dictionary));
    }

    /// <summary>Whether something was stopped since this was asked last. The library hides it where it can do without a font.</summary>
    public bool TakeStopped()
    {
        var taken = isStopped;
        isStopped = false;
        return taken;
    }

    public IReadOnlyList<IFilter> GetNamedFilters(IReadOnlyList<NameToken> names) =>
        Bounded(DefaultFilterProvider.Instance.GetNamedFilters(names));

    public IReadOnlyList<IFilter> GetAllFilters() => Bounded(DefaultFilterProvider.Instance.GetAllFilters());

    private List<IFilter> Bounded(IReadOnlyList<IFilter> filters)
    {
        // Each stream that is unpacked passes here, and so does each showing of a form.
        draft.Look();
        return filters.Count == 0 ? [] : [.. filters.Select(filter => new Bound(filter, this)), new FontLook(this)];
    }

    private void Check(long bytes)
    {
        if (bytes > draft.Limits.StreamBytesMax || unpacked + bytes > draft.Limits.UnpackedBytesMax)
        {
            throw Stopped();
        }
    }

    public TextStoppedException Stopped()
    {
        isStopped = true;
        return new TextStoppedException(UnreadReason.TooLong);
    }

    private void Count(long bytes)
    {
        Check(bytes);
        unpacked += bytes;
    }

    /// <summary>Changes nothing, and stops at a font that would become far more than it is.</summary>
    private sealed class FontLook(BoundedFilters budget) : IFilter
    {
        public bool IsSupported => true;

        public Memory<byte> Decode(Memory<byte> input, DictionaryToken streamDictionary, IFilterProvider filterProvider, int filterIndex) =>
            FontBytes.AreTooMuch(input.Span) ? throw budget.Stopped() : input;
    }

    private sealed class Bound(IFilter filter, BoundedFilters budget) : IFilter
    {
        // Most bytes that one byte may become: RFC 1951 3.2.5, ISO 32000-1 7.4.5 and 7.4.3.
        private const int FlateRatio = 1032;
        private const int RunLengthRatio = 64;
        private const int OtherRatio = 4;

        public bool IsSupported => filter.IsSupported;

        public Memory<byte> Decode(
            Memory<byte> input, DictionaryToken streamDictionary, IFilterProvider filterProvider, int filterIndex)
        {
            switch (filter)
            {
                case FlateFilter:
                    LookInto(input);
                    break;
                case LzwFilter:
                    budget.Check(Math.Max(LzwLength.Of(input.Span, earlyChange: 1), LzwLength.Of(input.Span, earlyChange: 0)));
                    break;
                default:
                    // The packing of the others is thin, so the most that it may become is counted.
                    budget.Check((long)input.Length * (filter is RunLengthFilter ? RunLengthRatio : OtherRatio));
                    break;
            }

            var decoded = filter.Decode(input, streamDictionary, filterProvider, filterIndex);
            budget.Count(decoded.Length);
            return decoded;
        }

        /// <summary>Unpacks into nothing, to see how much it would be. Damaged bytes are left to the library.</summary>
        private void LookInto(Memory<byte> input)
        {
            if ((long)input.Length * FlateRatio <= budget.Draft.Limits.StreamBytesMax)
            {
                return;
            }

            using var packed = MemoryMarshal.TryGetArray((ReadOnlyMemory<byte>)input, out var part)
                ? new MemoryStream(part.Array!, part.Offset, part.Count, writable: false)
                : new MemoryStream(input.ToArray(), writable: false);
            using var flate = new ZLibStream(packed, CompressionMode.Decompress);
            var (buffer, length, read) = (new byte[64 * 1024], 0L, 0);
            do
            {
                budget.Draft.Look();
                budget.Check(length += read);
                read = Next(flate, buffer);
            }
            while (read > 0);
        }

        private static int Next(ZLibStream flate, byte[] buffer)
        {
            try
            {
                return flate.Read(buffer, 0, buffer.Length);
            }
            catch (InvalidDataException)
            {
                return 0;
            }
        }
    }
}

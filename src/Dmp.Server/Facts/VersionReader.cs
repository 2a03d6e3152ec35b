using Dmp.Document.V1;
using Dmp.Facts;
using Dmp.Facts.V1;
using Dmp.Fhir;
using Dmp.Search.Index;
using Dmp.Search.Text;
using Dmp.Server.Documents;
using Dmp.Storage;

namespace Dmp.Server.Facts;

/// <summary>The reading of one version: what it states, and its words, sealed.</summary>
internal sealed class VersionReader(ContentVault vault, TimeProvider time, ILogger<VersionReader> logger)
{
    /// <summary>
    /// Larger files are not read for their words: PDF, RTF and text are held whole, and the server keeps its memory (64 MiB more while it
    /// transfers). A PDF of this size is mostly pictures. Of CDA documents this bounds each file inside.
    /// </summary>
    private const int WordsBytesMax = 16 * 1024 * 1024;

    /// <summary>
    /// Content up to here is opened once, held whole, and read by a thread of the pool: to start a thread, and to wait on it for the store,
    /// costs as much as half of the reading. The small ones of the queue have no more.
    /// </summary>
    private const int HeldBytesMax = 128 * 1024;

    private static readonly TextLimits wordLimits = new() { FileBytesMax = WordsBytesMax };

    private static readonly TimeSpan readingMax = TimeSpan.FromMinutes(4);

    /// <summary>Content of this form may state something, or have words.</summary>
    public static bool MayRead(ContentForm form) => MediaTypeOf(form) is not null;

    /// <summary>Content of this form may state something.</summary>
    public static bool MayState(ContentForm form) =>
        form is ContentForm.CdaStructured or ContentForm.CdaSelfPresenting || IsFhir(form);

    private static bool IsFhir(ContentForm form) => form is ContentForm.FhirJson or ContentForm.FhirXml;

    private static string? MediaTypeOf(ContentForm form) => form switch
    {
        ContentForm.CdaStructured or ContentForm.CdaUnstructured or ContentForm.CdaOther or ContentForm.CdaSelfPresenting => "text/xml",
        ContentForm.FhirJson => "application/fhir+json",
        ContentForm.FhirXml => "application/fhir+xml",
        ContentForm.Pdf => "application/pdf",
        ContentForm.Rtf => "application/rtf",
        ContentForm.Text => "text/plain",
        _ => null,
    };

    /// <summary>Reads what a server has claimed.</summary>
    /// <exception cref="ContentErasedException">Its key was destroyed.</exception>
    public async Task<FinishedReading> ReadAsync(ClaimedReading claimed, ReadingPlace place, CancellationToken ct)
    {
        var location = place.Location;

        // Content of before sealing is sealed first (dmp store seal).
        using var key = await vault.KeyOfAsync(location.Key ?? throw new InvalidOperationException("The content is not sealed."), ct);
        await using var content = await vault.OpenAsync(key, location, ct) ?? throw Lost(claimed, place);
        var read = await WithinAsync(place.SizeBytes <= HeldBytesMax && claimed.Attempts == 1
            ? ReadHeldAsync(place, content, ct)
            : Task.Factory.StartNew(
                () => Read(place, () => new BufferedStream(new FactContent(content, ct), SealedFormat.SegmentBytes), ct),
                ct,
                TaskCreationOptions.LongRunning,
                TaskScheduler.Default));
        var (factsId, wordsId) = (Guid.CreateVersion7(time.GetUtcNow()), Guid.CreateVersion7(time.GetUtcNow()));
        return new FinishedReading
        {
            Claimed = claimed,
            State = read.Facts is null ? DocumentFactsState.NotStructured : DocumentFactsState.Read,
            Kinds = read.Facts is null ? 0 : FactBlock.BitsOf(read.Facts),
            Block = read.Facts is null ? null : ContentVault.Seal(key, factsId, FactBlock.Pack(read.Facts)),
            FactsId = read.Facts is null ? null : factsId,
            Words = ContentVault.Seal(key, wordsId, read.Words),
            WordsId = wordsId,
            WordsCut = read.IsCut,
            RecordKeyId = key.RecordKeyId,
        };
    }

    /// <summary>Its first attempt: one that does not end has no second thread of the pool.</summary>
    private static async Task<(DocumentFacts? Facts, byte[] Words, bool IsCut)> ReadHeldAsync(
        ReadingPlace place, IContentReader content, CancellationToken ct)
    {
        var held = new byte[place.SizeBytes];
        for (var filled = 0; filled < held.Length;)
        {
            var count = await content.ReadAsync(filled, held.AsMemory(filled), ct);
            filled += count > 0 ? count : throw new ContentDamagedException(place.ContentId, ContentDamage.Length);
        }

        return await Task.Run(() => Read(place, () => new MemoryStream(held, writable: false), ct), ct);
    }

    /// <summary>
    /// What a reading answers in time. A step of a PDF cannot be stopped: one that never ends costs a thread and an attempt, and no worker.
    /// </summary>
    private async Task<T> WithinAsync<T>(Task<T> reading)
    {
        try
        {
            return await reading.WaitAsync(readingMax, time);
        }
        catch (TimeoutException late) when (!reading.IsCompleted)
        {
            // Not for a store that is away, which costs no attempt.
            throw new InvalidOperationException("Reading a document does not end.", late);
        }
    }

    /// <summary>A blob that is gone is lost data of this document, and an incident; a store that is away is nobody's.</summary>
    private ContentDamagedException Lost(ClaimedReading claimed, ReadingPlace place)
    {
        DocumentLog.ContentLost(logger, claimed.DocumentId, claimed.Version, place.ContentId);
        return new ContentDamagedException(place.ContentId, ContentDamage.Length);
    }

    /// <summary>The bytes of a FHIR document, of which the intake accepts few (<c>FhirBytes.Max</c>).</summary>
    private static byte[] Whole(Stream entries, ReadingPlace place)
    {
        var bytes = new byte[place.SizeBytes];
        entries.ReadExactly(bytes);
        return bytes;
    }

    /// <summary>What it states, when it may, and its words: one after the other, as only FHIR is held whole.</summary>
    private static (DocumentFacts? Facts, byte[] Words, bool IsCut) Read(ReadingPlace place, Func<Stream> open, CancellationToken ct)
    {
        var form = (ContentForm)place.Form;
        DocumentFacts? facts = null;
        if (MayState(form))
        {
            using var entries = open();
            facts = FactBlock.ToMessage(IsFhir(form) ? FhirReader.ReadFacts(Whole(entries, place)).Reading : CdaFactReader.Read(entries));
        }

        using var stream = open();
        var text = place.SizeBytes > WordsBytesMax && MediaTypeOf(form) != "text/xml"
            ? new DocumentText([], [new UnreadText(Dmp.Search.Text.UnreadReason.TooLong, 1)])
            : DocumentText.Read(stream, MediaTypeOf(form)!, wordLimits, ct);
        var title = DocumentMetadata.Parser.ParseFrom(place.Metadata).Title;
        var words = DocumentIndex.Write(new IndexedDocument(title, text) { Statements = facts is null ? [] : FactDisplays.Of(facts) });
        return (facts, words, text.Unread.Count > 0);
    }
}

using Dmp.Document.V1;
using Dmp.Facts;
using Dmp.Facts.V1;
using Dmp.Fhir;
using Dmp.Search.Index;
using Dmp.Search.Text;
using Dmp.Server.Data;
using Dmp.Server.Documents;
using Dmp.Storage;

namespace Dmp.Server.Facts;

/// <summary>
/// Reads what documents state, soon after they came. A version is taken for a time; when the server dies in between, another one takes it
/// after that. All servers share the work, and what one makes is written only while it is still its own.
/// </summary>
internal sealed class FactMaker(
    Database database,
    ContentVault vault,
    ChangeListener changes,
    FactCounts counts,
    TimeProvider time,
    ILogger<FactMaker> logger) : BackgroundService
{
    /// <summary>Grows with each change of what is read or how it is written.</summary>
    public const int Reader = 4;

    /// <summary>After so many a document that ends servers, or cannot be read, is given up.</summary>
    private const int AttemptsMax = 5;

    private const int WorkersMax = 4;

    /// <summary>
    /// Larger files are not read for their words: PDF, RTF and text are held whole, and the server keeps its memory (64 MiB more while it
    /// transfers). A PDF of this size is mostly pictures. Of CDA documents this bounds each file inside.
    /// </summary>
    private const int WordsBytesMax = 16 * 1024 * 1024;

    private static readonly TextLimits wordLimits = new() { FileBytesMax = WordsBytesMax };

    private readonly Signal found = new();

    private static readonly TimeSpan pollInterval = TimeSpan.FromSeconds(1);

    // Longer than a reading takes at the most: a minute for facts and half of one for words (FactLimits, TextLimits), but for the steps of
    // a PDF that cannot be stopped.
    private static readonly TimeSpan lease = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan readingMax = TimeSpan.FromMinutes(4);
    private static readonly TimeSpan pauseMin = TimeSpan.FromSeconds(5);

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

    /// <summary>So that new documents are read beside calls, and calls beside them.</summary>
    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.WhenAll(
        Enumerable.Range(0, Math.Clamp(Environment.ProcessorCount / 2, 1, WorkersMax)).Select(worker => WorkAsync(worker, stoppingToken)));

    /// <summary>The first one looks whether something came; the others are woken when something did.</summary>
    private async Task WorkAsync(int worker, CancellationToken ct)
    {
        var signal = worker == 0 ? changes.Changed : found;
        try
        {
            while (true)
            {
                var next = signal.Next;
                if (!await ReadNextGuardedAsync(ct))
                {
                    await Signal.WaitAsync(next, worker == 0 ? pollInterval : lease, ct);
                }
            }
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            // The server stops.
        }
    }

    /// <summary>False when nothing is due, or when it is better to wait a little.</summary>
    private async Task<bool> ReadNextGuardedAsync(CancellationToken ct)
    {
        try
        {
            var now = time.GetUtcNow();
            if (await database.OnConnectionAsync(connection => FactSql.ClaimAsync(connection, now, now + lease, ct), ct)
                is not var (claimed, place))
            {
                counts.Lag(TimeSpan.Zero);
                return false;
            }

            found.Set();
            counts.Lag(now - claimed.DueTime);
            return await ReadGuardedAsync(claimed, place, ct);
        }
        catch (Exception failure) when (failure is not OperationCanceledException || !ct.IsCancellationRequested)
        {
            // A database that restarts must not end this for the life of the process.
            FactLog.LookingFailed(logger, failure);
            return false;
        }
    }

    /// <summary>Nothing that a document holds stops the others; what is no fault of its own costs it no attempt.</summary>
    private async Task<bool> ReadGuardedAsync(ClaimedReading claimed, ReadingPlace place, CancellationToken ct)
    {
        try
        {
            if (claimed.Attempts > AttemptsMax)
            {
                await GiveUpAsync(claimed);
                return true;
            }

            await FinishAsync(claimed, await ReadContentAsync(claimed, place, ct));
            return true;
        }
        catch (ContentErasedException)
        {
            await FinishAsync(claimed, new FinishedReading { State = DocumentFactsState.Erased });
            return true;
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            // A server that stops in peace lets others go on at once.
            await PostponeAsync(claimed, TimeSpan.Zero, isCounted: false);
            throw;
        }
        catch (Exception absent) when (Errors.StorageFailures.IsAbsence(absent))
        {
            await PostponeAsync(claimed, pauseMin, isCounted: false);
            throw;
        }
        catch (Exception failure)
        {
            // Its text may hold words of the document.
            FactLog.ReadingFailed(logger, failure.GetType().Name, claimed.DocumentId, claimed.Version, claimed.Attempts);
            if (claimed.Attempts < AttemptsMax)
            {
                await PostponeAsync(claimed, pauseMin * Math.Pow(2, claimed.Attempts), isCounted: true);
            }
            else
            {
                await GiveUpAsync(claimed);
            }

            return true;
        }
    }

    // These are written down even while the server stops: it would be done again.
    private async Task FinishAsync(ClaimedReading claimed, FinishedReading finished)
    {
        if (await database.OnConnectionAsync(
            connection => FactSql.FinishAsync(connection, claimed, finished, Reader), CancellationToken.None))
        {
            counts.Finished(finished.State);
        }
    }

    private Task PostponeAsync(ClaimedReading claimed, TimeSpan pause, bool isCounted) => database.OnConnectionAsync(
        connection => FactSql.PostponeAsync(connection, claimed, time.GetUtcNow() + pause, isCounted), CancellationToken.None);

    private async Task GiveUpAsync(ClaimedReading claimed)
    {
        FactLog.GivenUp(logger, claimed.DocumentId, claimed.Version);
        if (await database.OnConnectionAsync(connection => FactSql.GiveUpAsync(connection, claimed), CancellationToken.None))
        {
            counts.Finished(DocumentFactsState.Failed);
        }
    }

    private async Task<FinishedReading> ReadContentAsync(ClaimedReading claimed, ReadingPlace place, CancellationToken ct)
    {
        var location = place.Location;

        // Content of before sealing is sealed first (dmp store seal).
        using var key = await vault.KeyOfAsync(location.Key ?? throw new InvalidOperationException("The content is not sealed."), ct);
        await using var content = await vault.OpenAsync(key, location, ct) ?? throw Lost(claimed, place);
        var read = await WithinAsync(Task.Factory.StartNew(
            () => Read(place, content, ct), ct, TaskCreationOptions.LongRunning, TaskScheduler.Default));
        var (factsId, wordsId) = (Guid.CreateVersion7(time.GetUtcNow()), Guid.CreateVersion7(time.GetUtcNow()));
        return new FinishedReading
        {
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
    private static (DocumentFacts? Facts, byte[] Words, bool IsCut) Read(ReadingPlace place, IContentReader content, CancellationToken ct)
    {
        var form = (ContentForm)place.Form;
        DocumentFacts? facts = null;
        if (MayState(form))
        {
            using var entries = new BufferedStream(new FactContent(content, ct), SealedFormat.SegmentBytes);
            facts = FactBlock.ToMessage(IsFhir(form) ? FhirReader.ReadFacts(Whole(entries, place)).Reading : CdaFactReader.Read(entries));
        }

        using var stream = new BufferedStream(new FactContent(content, ct), SealedFormat.SegmentBytes);
        var text = place.SizeBytes > WordsBytesMax && MediaTypeOf(form) != "text/xml"
            ? new DocumentText([], [new UnreadText(Dmp.Search.Text.UnreadReason.TooLong, 1)])
            : DocumentText.Read(stream, MediaTypeOf(form)!, wordLimits, ct);
        var title = DocumentMetadata.Parser.ParseFrom(place.Metadata).Title;
        var words = DocumentIndex.Write(new IndexedDocument(title, text) { Statements = facts is null ? [] : FactDisplays.Of(facts) });
        return (facts, words, text.Unread.Count > 0);
    }
}

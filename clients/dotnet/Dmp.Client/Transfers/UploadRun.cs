using System.Security.Cryptography;
using Dmp.Document.V1;

namespace Dmp.Client;

/// <summary>
/// One upload over as many streams as it takes: what is sent, and what of it is hashed already. The digest covers each byte once, however
/// often it is sent.
/// </summary>
internal sealed class UploadRun(UploadIntent intent, Stream content) : IDisposable
{
    /// <summary>The platform keeps nothing of smaller documents before they are finished: they are sent again as a whole.</summary>
    private const int ResumedBytesMin = 256 * 1024;

    private readonly long start = content.CanSeek ? content.Position : 0;
    private readonly IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private bool accepted;

    public UploadIntent Intent => intent;

    public Stream Content => content;

    /// <summary>Bytes of the source that are hashed: all up to here were read once.</summary>
    public long Hashed { get; private set; }

    /// <summary>The most bytes that the platform said it has.</summary>
    public long Confirmed { get; set; }

    /// <summary>What opens the next stream.</summary>
    public UploadDocumentRequest FirstMessage => IsResumed
        ? new UploadDocumentRequest { Resume = new UploadResume { RecordId = intent.RecordId, RequestId = intent.RequestId } }
        : new UploadDocumentRequest { Intent = intent };

    /// <summary>The next stream takes up what an earlier one began.</summary>
    public bool IsResumed => accepted && Hashed > ResumedBytesMin;

    public void Accept() => accepted = true;

    /// <summary>The platform knows nothing of the upload: the next stream begins it anew.</summary>
    public void Forget() => accepted = false;

    /// <summary>Goes to an offset of the document. Only a source that can seek goes back.</summary>
    public void Seek(long offset) => content.Position = start + offset;

    /// <summary>Takes up to the digest what of these bytes is new.</summary>
    public void Observe(long offset, ReadOnlySpan<byte> bytes)
    {
        var known = (int)Math.Clamp(Hashed - offset, 0, bytes.Length);
        hash.AppendData(bytes[known..]);
        Hashed += bytes.Length - known;
    }

    public byte[] Digest() => hash.GetCurrentHash();

    public void Dispose() => hash.Dispose();
}

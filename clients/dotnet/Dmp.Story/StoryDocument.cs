using System.Security.Cryptography;
using Dmp.Document.V1;
using Dmp.Samples;
using Dmp.Type.V1;
using Google.Protobuf.WellKnownTypes;

namespace Dmp.Story;

/// <summary>A document on its way: the local bytes, what is said about them, and what the platform made of it.</summary>
internal sealed record StoryDocument(string FileName, byte[] Content, DocumentMetadata Metadata)
{
    public byte[] Sha256 { get; } = SHA256.HashData(Content);

    public string RequestId { get; } = Guid.NewGuid().ToString();

    public DocumentEntry? Stored { get; set; }

    public DocumentEntry? ReadBack { get; set; }

    public static StoryDocument From(SampleDocument sample, Author author)
    {
        var metadata = new DocumentMetadata
        {
            // New in every run, so that the story can be told again on the same data: a depositor uses an id once.
            UniqueId = $"urn:uuid:{Guid.NewGuid()}",
            Type = new Coding { System = sample.TypeSystem, Code = sample.TypeCode },
            Format = new Coding { System = sample.FormatSystem, Code = sample.FormatCode },
            Title = sample.Title.Length <= 256 ? sample.Title : sample.Title[..256],
            MediaType = sample.MediaType,
            CreationTime = Timestamp.FromDateTimeOffset(sample.CreationTime),
            ServiceStartTime = Timestamp.FromDateTimeOffset(sample.ServiceStartTime),
            Authors = { author },
        };
        return new StoryDocument(sample.FileName, sample.Content, metadata);
    }
}

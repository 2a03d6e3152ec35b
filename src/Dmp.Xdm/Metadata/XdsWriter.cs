using System.Globalization;
using System.Text;
using System.Xml;

namespace Dmp.Xdm;

/// <summary>
/// Writes a SubmitObjectsRequest of ebRIM 3.0 while its documents come: first the documents, then <see cref="Finish"/> with what binds them
/// together. What is no character of XML becomes U+FFFD.
/// </summary>
public sealed class XdsWriter : IDisposable
{
    private readonly XmlWriter xml;
    private readonly List<string> members = [];
    private int ids;

    /// <summary>Begins the metadata.</summary>
    /// <param name="destination">Where they go. Not closed.</param>
    public XdsWriter(Stream destination)
    {
        xml = XmlWriter.Create(destination, new XmlWriterSettings
        {
            Encoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false),
            Indent = true,
            IndentChars = " ",
            // Line breaks inside of values are kept as they are.
            NewLineHandling = NewLineHandling.Entitize,
            NewLineChars = "\n",
            CloseOutput = false,
        });
        xml.WriteStartElement("lcm", "SubmitObjectsRequest", XdsNames.Lcm);
        xml.WriteStartElement("rim", "RegistryObjectList", XdsNames.Rim);
    }

    /// <summary>Writes a document.</summary>
    /// <param name="entry">The document.</param>
    public void Add(XdsEntry entry)
    {
        ArgumentNullException.ThrowIfNull(entry);
        members.Add(entry.EntryUuid);
        Start("ExtrinsicObject");
        Attribute("id", entry.EntryUuid);
        Attribute("lid", entry.LogicalId);
        Attribute("home", entry.HomeCommunityId);
        Attribute("mimeType", entry.MediaType);
        Attribute("objectType", entry.ObjectType);
        Attribute("status", entry.Status);
        Slot("creationTime", entry.CreationTime);
        Slot("hash", entry.Hash);
        Slot("languageCode", entry.LanguageCode);
        Slot("legalAuthenticator", entry.LegalAuthenticators);
        Slot("repositoryUniqueId", entry.RepositoryUniqueId);
        Slot("serviceStartTime", entry.ServiceStartTime);
        Slot("serviceStopTime", entry.ServiceStopTime);
        Slot("size", entry.Size);
        Slot("sourcePatientId", entry.SourcePatientId);
        Slot("sourcePatientInfo", entry.SourcePatientInfo);
        Slot("URI", entry.Uri);
        Slot(XdsNames.ReferenceIds, entry.ReferenceIds);
        Localized("Name", entry.Title);
        Localized("Description", entry.Comments);
        if (entry.Version.Length > 0)
        {
            Start("VersionInfo");
            Attribute("versionName", entry.Version);
            xml.WriteEndElement();
        }

        Authors(XdsNames.EntryAuthor, entry.EntryUuid, entry.Authors);
        Code(XdsNames.EntryClass, entry.EntryUuid, entry.Class);
        foreach (var code in entry.Confidentialities)
        {
            Code(XdsNames.EntryConfidentiality, entry.EntryUuid, code);
        }

        foreach (var code in entry.EventCodes)
        {
            Code(XdsNames.EntryEvent, entry.EntryUuid, code);
        }

        Code(XdsNames.EntryFormat, entry.EntryUuid, entry.Format);
        Code(XdsNames.EntryFacility, entry.EntryUuid, entry.FacilityType);
        Code(XdsNames.EntryPractice, entry.EntryUuid, entry.PracticeSetting);
        Code(XdsNames.EntryType, entry.EntryUuid, entry.Type);
        Identifier(XdsNames.EntryPatientId, entry.EntryUuid, "XDSDocumentEntry.patientId", entry.PatientId);
        Identifier(XdsNames.EntryUniqueId, entry.EntryUuid, "XDSDocumentEntry.uniqueId", entry.UniqueId);
        xml.WriteEndElement();
    }

    /// <summary>Writes the submission set, its membership in every document, and the other associations, and ends the metadata.</summary>
    /// <param name="set">The submission set.</param>
    /// <param name="associations">All but <see cref="XdsAssociationTypes.HasMember"/>.</param>
    public void Finish(XdsSubmissionSet set, IEnumerable<XdsAssociation> associations)
    {
        ArgumentNullException.ThrowIfNull(set);
        ArgumentNullException.ThrowIfNull(associations);
        Start("RegistryPackage");
        Attribute("id", set.EntryUuid);
        Attribute("objectType", XdsNames.ObjectTypes + "RegistryPackage");
        Slot("submissionTime", set.SubmissionTime);
        Slot("intendedRecipient", set.IntendedRecipients);
        Localized("Name", set.Title);
        Localized("Description", set.Comments);
        Authors(XdsNames.SetAuthor, set.EntryUuid, set.Authors);
        Code(XdsNames.SetContentType, set.EntryUuid, set.ContentType);
        Identifier(XdsNames.SetPatientId, set.EntryUuid, "XDSSubmissionSet.patientId", set.PatientId);
        Identifier(XdsNames.SetSourceId, set.EntryUuid, "XDSSubmissionSet.sourceId", set.SourceId);
        Identifier(XdsNames.SetUniqueId, set.EntryUuid, "XDSSubmissionSet.uniqueId", set.UniqueId);
        xml.WriteEndElement();
        Start("Classification");
        Attribute("id", NextId());
        Attribute("objectType", XdsNames.ObjectTypes + "Classification");
        Attribute("classifiedObject", set.EntryUuid);
        Attribute("classificationNode", XdsNames.SubmissionSetNode);
        xml.WriteEndElement();
        foreach (var member in members)
        {
            Association(new XdsAssociation(XdsAssociationTypes.HasMember, set.EntryUuid, member));
        }

        foreach (var association in associations.Where(association => association.Type != XdsAssociationTypes.HasMember))
        {
            Association(association);
        }

        xml.WriteEndElement();
        xml.WriteEndElement();
        xml.Flush();
    }

    /// <inheritdoc/>
    public void Dispose() => xml.Dispose();

    private void Association(XdsAssociation association)
    {
        Start("Association");
        Attribute("id", NextId());
        Attribute("objectType", XdsNames.ObjectTypes + "Association");
        Attribute("associationType", association.Type);
        Attribute("sourceObject", association.Source);
        Attribute("targetObject", association.Target);
        if (association.Type == XdsAssociationTypes.HasMember)
        {
            Slot("SubmissionSetStatus", "Original");
        }

        xml.WriteEndElement();
    }

    private void Authors(string scheme, string classified, IEnumerable<XdsAuthor> authors)
    {
        foreach (var author in authors)
        {
            Classify(scheme, classified, "");
            Slot("authorPerson", author.Persons);
            Slot("authorInstitution", author.Institutions);
            Slot("authorRole", author.Roles);
            Slot("authorSpecialty", author.Specialties);
            Slot("authorTelecommunication", author.Telecommunications);
            xml.WriteEndElement();
        }
    }

    private void Code(string scheme, string classified, XdsCode? code)
    {
        if (code is not null)
        {
            Classify(scheme, classified, code.Code);
            Slot("codingScheme", code.Scheme);
            Localized("Name", code.Display);
            xml.WriteEndElement();
        }
    }

    private void Classify(string scheme, string classified, string code)
    {
        Start("Classification");
        Attribute("id", NextId());
        Attribute("objectType", XdsNames.ObjectTypes + "Classification");
        Attribute("classificationScheme", scheme);
        Attribute("classifiedObject", classified);
        xml.WriteAttributeString("nodeRepresentation", Clean(code));
    }

    private void Identifier(string scheme, string registered, string name, string value)
    {
        if (value.Length > 0)
        {
            Start("ExternalIdentifier");
            Attribute("id", NextId());
            Attribute("objectType", XdsNames.ObjectTypes + "ExternalIdentifier");
            Attribute("registryObject", registered);
            Attribute("identificationScheme", scheme);
            Attribute("value", value);
            Localized("Name", name);
            xml.WriteEndElement();
        }
    }

    private void Slot(string name, string value) => Slot(name, value.Length > 0 ? [value] : []);

    private void Slot(string name, IReadOnlyCollection<string> values)
    {
        if (values.Count > 0)
        {
            Start("Slot");
            Attribute("name", name);
            Start("ValueList");
            foreach (var value in values)
            {
                xml.WriteElementString("rim", "Value", XdsNames.Rim, Clean(value));
            }

            xml.WriteEndElement();
            xml.WriteEndElement();
        }
    }

    private void Localized(string name, string text)
    {
        if (text.Length > 0)
        {
            Start(name);
            Start("LocalizedString");
            Attribute("value", text);
            xml.WriteEndElement();
            xml.WriteEndElement();
        }
    }

    private void Start(string name) => xml.WriteStartElement("rim", name, XdsNames.Rim);

    private void Attribute(string name, string value)
    {
        if (value.Length > 0)
        {
            xml.WriteAttributeString(name, Clean(value));
        }
    }

    private string NextId() => string.Create(CultureInfo.InvariantCulture, $"id{++ids}");

    private static string Clean(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (!XmlConvert.IsXmlChar(text[i]))
            {
                return string.Concat(text.EnumerateRunes().Select(rune =>
                    rune.Value > 0xFFFF || XmlConvert.IsXmlChar((char)rune.Value) ? rune.ToString() : "\uFFFD"));
            }
        }

        return text;
    }
}
